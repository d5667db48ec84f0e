// The one GPU of the process (the first that CUDA_VISIBLE_DEVICES leaves), its stream and the libraries' handles.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <string>

#include "cuda/oneBlock.h"

namespace hebb {

struct Device {
  cudaStream_t stream = nullptr;  // of kernels
  cudaStream_t copies = nullptr;  // of large copies to the GPU
  cublasLtHandle_t cublas = nullptr;
  int architecture = 0;  // 90: sm_90
  int multiprocessors = 0;
  int tile_columns = 256;  // of products that blocks make together
  bool tf32 = false;       // float32 products on the tensor cores, with ten bits of mantissa
  bool tune = false;       // plans of convolutions and algorithms of products are chosen by trying them out
  // Products of a convolution from which on it pays to wait until cuDNN has compiled code for it that saves copies of operands.
  int64_t worth_compiling = int64_t{1} << 31;
  // Additions and multiplications of a product for each byte of a copy that gives it faster kernels, from which on the copy pays.
  // An H200 does some 200 in 16 bits while its memory moves a byte, and a copy moves each twice: at the limit the copies take one
  // and a half times as long as the product on the tensor cores, where kernels for odd rows take several times as long.
  int64_t worth_padding = 256;
  // Multiplications up to which a product is a launch of our own: a few microseconds, as the smallest of a library.
  int64_t small_products = int64_t{1} << 22;
  // The share of its launches that a recorded step may have left where small ones are gathered, for that to be tried.
  double worth_gathering = 0.875;
  std::string description;
};

// Opens libraries and GPU, once; false with `problem` when this machine has no usable GPU.
bool open_device(std::string& problem);

// Valid after open_device() succeeded.
Device& device();

// Created at first use, since that takes long. What was gathered comes before what the library is asked.
cudnnHandle_t cudnn();

// Of kernels; what was gathered before comes first.
inline cudaStream_t stream() {
  launch_gathered();
  return device().stream;
}

}  // namespace hebb
