#include "cuda/error.h"

#include "cuda/api.h"

namespace hebb {

std::string cudnn_error_text(cudnnStatus_t status) {
  char detail[512] = "";
  api().cudnnGetLastErrorString(detail, sizeof detail);
  return std::string(api().cudnnGetErrorString(status)) + (detail[0] == '\0' ? "" : " (" + std::string(detail) + ")");
}

void check_cudnn(cudnnStatus_t status, const char* what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw EngineError(HEBB_INTERNAL, std::string(what) + ": cuDNN says " + cudnn_error_text(status));
}

void check_cublas(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw EngineError(HEBB_INTERNAL, std::string(what) + ": cuBLASLt says status " + std::to_string(static_cast<int>(status)));
}

}  // namespace hebb
