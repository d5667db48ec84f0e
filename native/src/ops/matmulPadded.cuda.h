// Products over copies whose rows suit the tensor cores.
#pragma once

#include <functional>

#include "ops/matmul.h"

namespace hebb {

// multiply(p), or, where operands of 16 bits have rows or places at no multiple of 16 bytes, and it pays, the same of a larger
// problem: copies with zeros behind rows and columns, of whose output the part is taken that belongs to p. What `multiply`
// returned.
bool multiply_padded(const MatmulProblem& p, int operands, int dtype, const std::function<bool(const MatmulProblem&)>& multiply);

}  // namespace hebb
