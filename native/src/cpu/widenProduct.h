// Products and convolutions of 16-bit floats through their float32 kernels.
#pragma once

#include "cpu/kernel.h"

namespace hebb {

// run_widened(), but what follows the product is done to its rounded result, so that the bits are those of the ops one after
// another. `plain` and `most` are those of read_epilogue().
int run_product_widened(Kernel kernel, const Call& call, hebb_error& error, const char* op, uint32_t plain, int64_t most);

}  // namespace hebb
