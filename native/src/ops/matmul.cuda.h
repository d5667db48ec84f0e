// Matrix products on a GPU.
#pragma once

#include "ops/matmul.h"

namespace hebb {

// y = op(a) op(b) + bias of a product that is not empty, without residual and activation; false where cuBLASLt has no algorithm.
bool cuda_matmul(MatmulProblem p, int dtype);

int fail_product(hebb_error& error, const char* op, const MatmulProblem& p);

}  // namespace hebb
