// Moving data between host and GPU: through pinned buffers, or, where it is little, as the argument of a kernel.
#pragma once

#include <cstdint>

#include "hebb/abi.h"

namespace hebb {

// Both return when `source` may change. In the order of the kernels' stream:
void upload_in_order(void* destination, const void* source, uint64_t bytes);
// Large copies beside it, before all kernels launched from now on.
void upload(void* destination, const void* source, uint64_t bytes);

// As many or fewer, in the order of the kernels' stream.
constexpr unsigned kFewBytes = 256;
void upload_few(void* destination, const void* source, uint64_t bytes);

// Waits for all work, and reports what its kernels found out of range: HEBB_OK or the error of the first.
int download(void* destination, const void* source, uint64_t bytes, hebb_error& error);

}  // namespace hebb
