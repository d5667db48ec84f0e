// 16-bit floats for kernels that compute in float32: operands are widened before such a kernel runs, and what it made is rounded
// afterwards.
#pragma once

#include "cpu/kernel.h"

namespace hebb {

// Whether an operand is bfloat16 or float16.
bool has_halves(const Call& call);

// Runs the kernel on float32 copies of the 16-bit operands. Each engine has its own.
int run_widened(Kernel kernel, const Call& call, hebb_error& error);

// Kernels of the CPU that read and write 16-bit floats themselves; all others are run widened. On the GPU every kernel does, but
// for products and convolutions that NVIDIA's libraries do not take (ops/matmul.cuda.cu, ops/conv2d.cuda.cu).
bool takes_halves(uint32_t op);

}  // namespace hebb
