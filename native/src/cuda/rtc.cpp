#include "cuda/rtc.h"

#include <cuda_runtime.h>

#include <map>
#include <memory>

#include "cuda/api.h"
#include "cuda/device.h"
#include "cuda/kernelCache.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "cuda/refusals.h"
#include "cuda/rtcCompile.h"

namespace hebb {

// Loaded for the life of the process.
struct RtcKernel {
  cudaKernel_t kernel = nullptr;
};

namespace {

cudaError_t load(const std::string& binary, const char* name, RtcKernel& out) {
  if (binary.empty()) return cudaErrorInvalidKernelImage;
  cudaError_t status = cudaSuccess;
  with_room([&] {
    cudaLibrary_t library = nullptr;
    status = cudaLibraryLoadData(&library, binary.data(), nullptr, nullptr, 0, nullptr, nullptr, 0);
    if (status == cudaSuccess) status = cudaLibraryGetKernel(&out.kernel, library, name);
    if (status != cudaSuccess) cudaGetLastError();  // no error of a later launch
    return status != cudaErrorMemoryAllocation;
  });
  return status;
}

// Null when it neither lies on the disk nor compiles and loads.
std::unique_ptr<RtcKernel> make(const std::string& source, const char* name) {
  auto kernel = std::make_unique<RtcKernel>();
  const std::string key = rtc_key(source, device().architecture);
  if (load(read_kernel(key), name, *kernel) == cudaSuccess) return kernel;
  std::string log;
  const std::string binary = rtc_compile(source, device().architecture, log);
  const cudaError_t status = load(binary, name, *kernel);
  if (status != cudaSuccess) {
    note_refusal({"NVRTC", "fused kernel " + key + " for sm_" + std::to_string(device().architecture),
                  binary.empty() ? first_lines(log) : std::string("does not load: ") + cudaGetErrorString(status),
                  "a kernel that interprets the program"});
    return nullptr;
  }
  write_kernel(key, binary);
  return kernel;
}

}  // namespace

const RtcKernel* rtc_kernel(const std::string& source, const char* name) {
  // The backend's lock keeps others away.
  static auto& kernels = *new std::map<std::string, std::unique_ptr<RtcKernel>>;
  const auto known = kernels.find(source);
  return known != kernels.end() ? known->second.get() : kernels.emplace(source, make(source, name)).first->second.get();
}

void rtc_launch(const RtcKernel& kernel, unsigned grid, const std::vector<uint64_t>& argument) {
  void* arguments[] = {const_cast<uint64_t*>(argument.data())};
  check_cuda(cudaLaunchKernel(reinterpret_cast<const void*>(kernel.kernel), dim3(grid), dim3(kThreads), arguments, 0, stream()),
             "a kernel compiled at run time");
  note_kernel();
}

}  // namespace hebb
