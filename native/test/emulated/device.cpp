// The emulated engine's device.
#include "cuda/device.h"

#include <cstdlib>

#include "cuda/fault.h"

namespace hebb {

Device& device() {
  static Device instance;
  return instance;
}

bool open_device(std::string&) {
  // Once: every worker thread opens the device, while others may run kernels.
  static const bool opened = [] {
    Device& d = device();
    cudaStreamCreateWithFlags(&d.stream, cudaStreamNonBlocking);
    cudaStreamCreateWithFlags(&d.copies, cudaStreamNonBlocking);
    cublasLtCreate(&d.cublas);
    // So that tests see units of several blocks, and several tiles.
    d.multiprocessors = emulated::kTogether;
    d.tile_columns = 32;
    d.worth_compiling = 0;
    d.small_products = 4096;  // so that most products go the way of large ones
    if (std::getenv("HEBB_EMULATED_PADDING") != nullptr) d.worth_padding = 0;
    d.worth_gathering = 1;  // so that single ops are gathered, too
    d.tune = std::getenv("HEBB_CUDA_TUNE") != nullptr;
    d.description = "emulated on the CPU";
    reset_faults();
    return true;
  }();
  return opened;
}

cudnnHandle_t cudnn() {
  static const cudnnHandle_t handle = [] {
    cudnnHandle_t created = nullptr;
    cudnnCreate(&created);
    cudnnSetStream(created, stream());
    return created;
  }();
  launch_gathered();
  return handle;
}

}  // namespace hebb
