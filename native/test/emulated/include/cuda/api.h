// The functions of libraries that the emulated engine has a stand-in for.
#pragma once

#include <cublasLt.h>
#include <cudnn.h>

namespace hebb {

#define HEBB_FUNCTION(name) decltype(&::name) name = ::name;
struct Api {
  HEBB_FUNCTION(cublasLtMatmul)
  HEBB_FUNCTION(cublasLtMatmulAlgoCheck)
  HEBB_FUNCTION(cublasLtMatmulAlgoGetHeuristic)
  HEBB_FUNCTION(cublasLtMatmulDescCreate)
  HEBB_FUNCTION(cublasLtMatmulDescDestroy)
  HEBB_FUNCTION(cublasLtMatmulDescSetAttribute)
  HEBB_FUNCTION(cublasLtMatrixLayoutCreate)
  HEBB_FUNCTION(cublasLtMatrixLayoutDestroy)
  HEBB_FUNCTION(cublasLtMatrixLayoutSetAttribute)
  HEBB_FUNCTION(cublasLtMatmulPreferenceCreate)
  HEBB_FUNCTION(cublasLtMatmulPreferenceDestroy)
  HEBB_FUNCTION(cublasLtMatmulPreferenceSetAttribute)
  HEBB_FUNCTION(cudnnCreate)
  HEBB_FUNCTION(cudnnSetStream)
  HEBB_FUNCTION(cudnnGetErrorString)
  HEBB_FUNCTION(cudnnGetLastErrorString)
  HEBB_FUNCTION(cudnnBackendCreateDescriptor)
  HEBB_FUNCTION(cudnnBackendDestroyDescriptor)
  HEBB_FUNCTION(cudnnBackendSetAttribute)
  HEBB_FUNCTION(cudnnBackendGetAttribute)
  HEBB_FUNCTION(cudnnBackendFinalize)
  HEBB_FUNCTION(cudnnBackendExecute)
};
#undef HEBB_FUNCTION

inline const Api& api() {
  static const Api functions;
  return functions;
}

}  // namespace hebb
