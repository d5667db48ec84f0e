// Moving data between host and GPU through pinned buffers, in the order of the stream.
#pragma once

#include <cstdint>

#include "hebb/abi.h"

namespace hebb {

// Returns when `source` may change; the data arrives in the order of the stream.
void upload(void* destination, const void* source, uint64_t bytes);

// Waits for all work, and reports what its kernels found out of range: HEBB_OK or the error of the first.
int download(void* destination, const void* source, uint64_t bytes, hebb_error& error);

}  // namespace hebb
