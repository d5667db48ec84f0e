// A list of commands as a CUDA graph: one launch for all of their kernels. What kernels need of the host (attributes, pointers)
// is written into it; what they read on the GPU (variables, random counters, steps of a schedule) is as it is at each replay.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <memory>

#include "hebb/abi.h"

namespace hebb {

class Recording {
 public:
  // Captures what `body` launches, which runs nothing; null where that cannot be captured: a command that waits for the GPU, or
  // a library that refuses.
  static Recording* make(const std::function<int(hebb_error&)>& body);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void replay() const;

 private:
  Recording() = default;
  bool capture(const std::function<int(hebb_error&)>& body);

  cudaGraphExec_t graph_ = nullptr;
};

// Throws inside of a capture, which must not wait for the GPU.
void refuse_capture(const char* what);

}  // namespace hebb
