// Reading numbers from command words, which come from JavaScript: nothing is believed unchecked.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "hebb/abi.h"

namespace hebb {

constexpr double kMaxInteger = 9007199254740991.0;  // 2^53 - 1

// A count read from a word; -1 when it is no integer in [0, most].
inline int64_t count_of(double word, double most) {
  return word >= 0 && word <= most && word == std::floor(word) ? static_cast<int64_t>(word) : -1;
}

// Reads dtype, rank and dimensions at `at` into the view, moving `at` past them, and works out the bytes.
bool read_form(const double* words, size_t& at, size_t end, hebb_view& view, int64_t& bytes, hebb_error& error);

}  // namespace hebb
