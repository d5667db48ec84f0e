// The functions taken from NVIDIA's libraries at run time. The CUDA runtime is linked statically and opens the driver by itself.
#pragma once

#include <cublasLt.h>
#include <cudnn.h>
#include <nvrtc.h>

#include <string>

namespace hebb {

#define HEBB_CUBLASLT_FUNCTIONS(F)    \
  F(cublasLtCreate)                   \
  F(cublasLtGetVersion)               \
  F(cublasLtMatmul)                   \
  F(cublasLtMatmulAlgoCheck)          \
  F(cublasLtMatmulAlgoGetHeuristic)   \
  F(cublasLtMatmulDescCreate)         \
  F(cublasLtMatmulDescDestroy)        \
  F(cublasLtMatmulDescSetAttribute)   \
  F(cublasLtMatrixLayoutCreate)       \
  F(cublasLtMatrixLayoutDestroy)      \
  F(cublasLtMatrixLayoutSetAttribute) \
  F(cublasLtMatmulPreferenceCreate)   \
  F(cublasLtMatmulPreferenceDestroy)  \
  F(cublasLtMatmulPreferenceSetAttribute)

#define HEBB_CUDNN_FUNCTIONS(F)    \
  F(cudnnCreate)                   \
  F(cudnnGetVersion)               \
  F(cudnnGetErrorString)           \
  F(cudnnGetLastErrorString)       \
  F(cudnnSetStream)                \
  F(cudnnBackendCreateDescriptor)  \
  F(cudnnBackendDestroyDescriptor) \
  F(cudnnBackendSetAttribute)      \
  F(cudnnBackendGetAttribute)      \
  F(cudnnBackendFinalize)          \
  F(cudnnBackendExecute)

#define HEBB_NVRTC_FUNCTIONS(F) \
  F(nvrtcVersion)               \
  F(nvrtcCreateProgram)         \
  F(nvrtcDestroyProgram)        \
  F(nvrtcCompileProgram)        \
  F(nvrtcGetCUBINSize)          \
  F(nvrtcGetCUBIN)              \
  F(nvrtcGetProgramLogSize)     \
  F(nvrtcGetProgramLog)

#define HEBB_POINTER(name) decltype(&::name) name = nullptr;
struct Api {
  HEBB_CUBLASLT_FUNCTIONS(HEBB_POINTER)
  HEBB_CUDNN_FUNCTIONS(HEBB_POINTER)
  HEBB_NVRTC_FUNCTIONS(HEBB_POINTER)
  std::string versions;  // "cuBLASLt 13.1.0, cuDNN 9.24.0, …"
};
#undef HEBB_POINTER

// The functions, once load_api() succeeded.
const Api& api();

// Opens the libraries; false with `problem` telling each that is missing, its names and where they were looked for. Once per
// process.
bool load_api(std::string& problem);

// All but the driver, for who plans without a GPU.
bool load_libraries(std::string& problem);

// NVRTC alone, for who compiles without a GPU.
bool load_nvrtc(std::string& problem);

}  // namespace hebb
