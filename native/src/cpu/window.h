// The steps of slice and pad: a small array whose element i stands at start + i * step of a large one.
#pragma once

#include "cpu/check.h"
#include "cpu/strided.h"

namespace hebb {

struct Window {
  int64_t offset;                  // of element 0, in elements of the large array
  int64_t strides[HEBB_MAX_RANK];  // in elements of the large array
};

// Reads `start…, step…` and refuses whatever would leave the large array.
int read_window(const Call& call, hebb_error& error, const char* op, const View& small, const View& large, Window* window);

}  // namespace hebb
