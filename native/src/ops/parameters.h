// Shared by the optimizers on the CPU: the elements of all parameters in one pass.
#pragma once

#include <algorithm>

#include "cpu/check.h"
#include "cpu/map.h"

namespace hebb {

// body(inputs, outputs, begin, end) for the elements [begin, end) of each parameter, in chunks.
template <typename Body>
void for_parameters(const Call& call, uint32_t per, int64_t chunk, const Body& body) {
  const int64_t count = call.n_outputs / (per - 1);
  int64_t first[HEBB_MAX_OPERANDS + 1] = {}, total = 0;  // chunks before each parameter
  for (int64_t i = 0; i < count; ++i) {
    const int64_t n = elements(call.inputs[i * per]);
    first[i + 1] = first[i] + (n + chunk - 1) / chunk;
    total += n;
  }
  // All of it on one thread where that is one chunk's worth.
  parallel_for(first[count], total <= chunk ? first[count] : 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = std::upper_bound(first, first + count + 1, begin) - first - 1; i < count && first[i] < end; ++i) {
      const int64_t n = elements(call.inputs[i * per]);
      for (int64_t k = std::max(begin, first[i]); k < std::min(end, first[i + 1]); ++k) {
        const int64_t from = (k - first[i]) * chunk;
        body(call.inputs + i * per, call.outputs + i * (per - 1), from, std::min(from + chunk, n));
      }
    }
  });
}

}  // namespace hebb
