// Matrix products on a GPU.
#pragma once

#include "ops/matmul.h"

namespace hebb {

// y = op(a) op(b) + bias of a product that is not empty, without residual and activation; `dtype` is y's and the bias's. 16-bit
// operands are multiplied on the tensor cores and summed in float32. False where cuBLASLt has no algorithm.
bool cuda_matmul(MatmulProblem p, int operands, int dtype);

// The same product, not of k = 0, into 16 bits, and gelu by tanh of it before the one rounding.
bool cuda_matmul_gelu(MatmulProblem p, int operands, int dtype);

// A product that is not empty and all that follows it, where one launch of our own is quicker than a library and a pass behind
// it; else false.
bool cuda_matmul_small(const MatmulProblem& p, int operands, int dtype);

// Whether gelu comes before the one rounding: its tanh form, in an accuracy that 16 bits hide.
inline bool ends_in_gelu(const MatmulProblem& p, bool halves) {
  return halves && p.activation == Activation::kGeluTanh && p.residual == nullptr && p.k > 0;
}

int fail_product(hebb_error& error, const char* op, const MatmulProblem& p);

}  // namespace hebb
