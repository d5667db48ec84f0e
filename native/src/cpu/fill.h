// Filling memory with one element. Each engine has its own.
#pragma once

#include <cstdint>

namespace hebb {

// y[i] = the element at `element` (in host memory), for any dtype.
void fill(void* y, int64_t n, int dtype, const void* element);

}  // namespace hebb
