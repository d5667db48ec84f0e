// Which of cuBLASLt's algorithms makes a product.
#pragma once

#include <string>

#include "cuda/blasProduct.h"

namespace hebb {

struct BlasChoice {
  cublasStatus_t status = CUBLAS_STATUS_NOT_SUPPORTED;  // or why there is no algorithm
  cublasLtMatmulAlgo_t algorithm = {};
  uint64_t workspace = 0;

  bool found() const { return status == CUBLAS_STATUS_SUCCESS; }
};

// The first that cuBLASLt proposes; with HEBB_CUDA_TUNE=1, and where y holds nothing that is added, the fastest of some, which
// run over the arrays. That is kept on disk under `name`, which says all that the description depends on, for this GPU and these
// libraries: later processes take the same one.
BlasChoice choose_algorithm(const std::string& name, const BlasProduct& product, const BlasArrays& arrays, bool adds);

// With a workspace of its own.
cublasStatus_t run_product(const BlasProduct& product, const BlasArrays& arrays, const BlasChoice& choice);

}  // namespace hebb
