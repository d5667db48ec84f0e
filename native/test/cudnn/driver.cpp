// A driver that has no GPU, for cuDNN where there is none: it opens one before it plans, and lets it load the kernels that it
// compiles, of which nothing is run. All else is CUDA_ERROR_NO_DEVICE.
#define HEBB_NO_DEVICE(F)                        \
  F(cuCtxGetCurrent)                             \
  F(cuCtxGetDevice)                              \
  F(cuCtxGetLimit)                               \
  F(cuCtxPopCurrent)                             \
  F(cuCtxPushCurrent)                            \
  F(cuDeviceGet)                                 \
  F(cuDeviceGetAttribute)                        \
  F(cuDeviceGetCount)                            \
  F(cuDevicePrimaryCtxRelease)                   \
  F(cuDevicePrimaryCtxReset)                     \
  F(cuDevicePrimaryCtxRetain)                    \
  F(cuDriverGetVersion)                          \
  F(cuGetErrorName)                              \
  F(cuGetErrorString)                            \
  F(cuInit)                                      \
  F(cuLaunchCooperativeKernel)                   \
  F(cuLaunchKernel)                              \
  F(cuLaunchKernelEx)                            \
  F(cuLinkAddData)                               \
  F(cuLinkAddData_v2)                            \
  F(cuLinkAddFile_v2)                            \
  F(cuLinkComplete)                              \
  F(cuLinkCreate)                                \
  F(cuLinkCreate_v2)                             \
  F(cuLinkDestroy)                               \
  F(cuMemcpyDtoH_v2)                             \
  F(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  F(cuOccupancyMaxPotentialClusterSize)          \
  F(cuStreamGetCtx)                              \
  F(cuStreamSynchronize)                         \
  F(cuTensorMapEncodeTiled)
#define HEBB_DONE(F)       \
  F(cuFuncGetAttribute)    \
  F(cuFuncSetAttribute)    \
  F(cuKernelGetAttribute)  \
  F(cuKernelSetAttribute)  \
  F(cuLibraryLoadFromFile) \
  F(cuLibraryUnload)       \
  F(cuModuleGetGlobal_v2)  \
  F(cuModuleUnload)
// Whose first argument is where a handle goes.
#define HEBB_LOADED(F)   \
  F(cuLibraryGetKernel)  \
  F(cuLibraryLoadData)   \
  F(cuModuleGetFunction) \
  F(cuModuleLoadData)    \
  F(cuModuleLoadDataEx)  \
  F(cuModuleLoadFatBinary)

extern "C" {
#define HEBB_DEFINE(name) \
  int name() { return 100; }
HEBB_NO_DEVICE(HEBB_DEFINE)
#undef HEBB_DEFINE
#define HEBB_DEFINE(name) \
  int name() { return 0; }
HEBB_DONE(HEBB_DEFINE)
#undef HEBB_DEFINE
#define HEBB_DEFINE(name)   \
  int name(void** handle) { \
    static int something;   \
    *handle = &something;   \
    return 0;               \
  }
HEBB_LOADED(HEBB_DEFINE)
}
