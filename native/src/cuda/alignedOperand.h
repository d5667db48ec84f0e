// Operands of a library that cannot be told how memory is aligned. Vector accesses chosen for whole blocks, at memory that begins
// elsewhere, are an error that ends the context; parts of the arguments of `unroll` begin at multiples of their size.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/memory.h"

namespace hebb {

// The memory itself where it begins at a multiple of 16 bytes, else a copy, which `write_back` copies to where it belongs.
class AlignedOperand {
 public:
  AlignedOperand(void* data, uint64_t bytes, bool is_read)
      : data_(data), bytes_(bytes), copied_(reinterpret_cast<uintptr_t>(data) % kAlignment != 0), copy_(copied_ ? bytes : 0) {
    if (copied_ && is_read) move(copy_.as<void>(), data_);
  }
  template <typename T>
  T* as() const {
    return copied_ ? copy_.as<T>() : static_cast<T*>(data_);
  }
  void write_back() const {
    if (copied_) move(data_, copy_.as<void>());
  }

 private:
  static constexpr uintptr_t kAlignment = 16;

  void move(void* to, const void* from) const {
    check_cuda(cudaMemcpyAsync(to, from, bytes_, cudaMemcpyDeviceToDevice, stream()), "copying an operand to aligned memory");
  }

  void* data_;
  uint64_t bytes_;
  bool copied_;
  Scratch copy_;
};

}  // namespace hebb
