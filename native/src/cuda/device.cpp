#include "cuda/device.h"

#include <cstdlib>
#include <cstring>

#include "cuda/api.h"
#include "cuda/error.h"
#include "cuda/fault.h"
#include "cuda/memory.h"

namespace hebb {
namespace {

bool is_asked_for(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::strcmp(value, "1") == 0;
}

std::string open_gpu() {
  Device& d = device();
  int count = 0, driver = 0;
  cudaDriverGetVersion(&driver);
  const cudaError_t found = cudaGetDeviceCount(&count);
  if (found == cudaErrorInsufficientDriver)
    return "the driver is too old for CUDA " + std::to_string(CUDART_VERSION / 1000) + ": it supports CUDA " +
           std::to_string(driver / 1000) + "." + std::to_string(driver % 1000 / 10);
  if (found != cudaSuccess) return std::string("the driver finds no GPU: ") + cudaGetErrorString(found);
  if (count == 0) return "the driver finds no GPU (CUDA_VISIBLE_DEVICES may hide it)";
  cudaDeviceProp properties = {};
  check_cuda(cudaGetDeviceProperties(&properties, 0), "reading the GPU's properties");
  const std::string name =
      std::string(properties.name) + " (sm_" + std::to_string(properties.major) + std::to_string(properties.minor) + ")";
  if (properties.major < 8) return name + " is too old: Hebb needs an Ampere GPU (sm_80) or later";
  check_cuda(cudaSetDevice(0), "choosing the GPU");
  d.architecture = properties.major * 10 + properties.minor;
  d.multiprocessors = properties.multiProcessorCount;
  d.tf32 = is_asked_for("HEBB_CUDA_TF32");
  d.tune = is_asked_for("HEBB_CUDA_TUNE");
  check_cuda(cudaStreamCreateWithFlags(&d.stream, cudaStreamNonBlocking), "creating a stream");
  check_cuda(cudaStreamCreateWithFlags(&d.copies, cudaStreamNonBlocking), "creating a stream");
  check_cublas(api().cublasLtCreate(&d.cublas), "opening cuBLASLt");
  reset_faults();
  d.description = name + ", " + std::to_string(properties.totalGlobalMem >> 20) + " MiB, CUDA " +
                  std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10) + ", " +
                  api().versions;
  return "";
}

std::string open_everything() {
  std::string problem;
  if (!load_api(problem)) return "libraries are missing:" + problem;
  try {
    return open_gpu();
  } catch (const EngineError& error) {
    return error.what();
  }
}

}  // namespace

Device& device() {
  static Device& instance = *new Device;
  return instance;
}

bool open_device(std::string& problem) {
  static const std::string found = open_everything();
  problem = found;
  return found.empty();
}

cudnnHandle_t cudnn() {
  static const cudnnHandle_t handle = [] {
    cudnnHandle_t created = nullptr;
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    // Whatever it calls a lack of memory.
    with_room([&] { return (status = api().cudnnCreate(&created)) == CUDNN_STATUS_SUCCESS; });
    check_cudnn(status, "opening cuDNN");
    check_cudnn(api().cudnnSetStream(created, stream()), "giving cuDNN its stream");
    return created;
  }();
  launch_gathered();
  return handle;
}

}  // namespace hebb
