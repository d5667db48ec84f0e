// What goes wrong inside the CUDA engine travels as an exception to the function table, which turns it into a status.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <stdexcept>
#include <string>

#include "hebb/abi.h"

namespace hebb {

class EngineError : public std::runtime_error {
 public:
  EngineError(int status, const std::string& message) : std::runtime_error(message), status(status) {}
  const int status;
};

inline void check_cuda(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  const int status = error == cudaErrorMemoryAllocation ? HEBB_OUT_OF_MEMORY : HEBB_INTERNAL;
  throw EngineError(status, std::string(what) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")");
}

// The status by name, and what cuDNN last said of it.
std::string cudnn_error_text(cudnnStatus_t status);
void check_cudnn(cudnnStatus_t status, const char* what);
void check_cublas(cublasStatus_t status, const char* what);

}  // namespace hebb
