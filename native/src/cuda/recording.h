// A list of commands as a CUDA graph: one launch for all of their kernels. What kernels need of the host (attributes, pointers)
// is written into it; what they read on the GPU (variables, random counters, steps of a schedule) is as it is at each replay.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <memory>

#include "cuda/branches.h"
#include "cuda/trial.h"
#include "hebb/abi.h"

namespace hebb {

using Dispatch = int (*)(const hebb_call&, hebb_error&);

// Where commands need not wait for each other, there are two graphs, one of which lets them run side by side. The first replays
// take turns, and the faster stays: their kernels are the same, and so are their results.
class Recording {
 public:
  // Captures what dispatching launches, which runs nothing; null where that cannot be captured: a command that waits for the GPU,
  // or a library that refuses.
  static Recording* make(const hebb_call* calls, uint32_t count, Dispatch dispatch);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void replay();

 private:
  explicit Recording(const std::array<cudaGraphExec_t, 2>& graphs) : graphs_(graphs), trial_(graphs[1] == nullptr ? 1 : 2) {}
  void launch(cudaGraphExec_t graph) const;
  void drop(size_t graph);

  std::array<cudaGraphExec_t, 2> graphs_;  // one command after the other; in branches, or null
  Trial trial_;
};

// Throws inside of a capture, which must not wait for the GPU.
void refuse_capture(const char* what);

}  // namespace hebb
