// What is given to the engine's stream, kept as a graph instead of run.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <vector>

namespace hebb {

using Nodes = std::vector<cudaGraphNode_t>;

class Capture {
 public:
  // Throws where the stream refuses.
  Capture();
  // Ends it whatever happened.
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // What is launched next waits for these, and for nothing else.
  void continue_after(Nodes nodes);
  // What the next launch would wait for.
  Nodes ends() const;
  // Counters of blocks that its launches have taken (cuda/lastBlock.cuh).
  int64_t counters = 0;
  // The kernels of ours that were launched, all of which begin with begin_kernel().
  const Nodes& kernels() const { return kernels_; }
  // Null where something was launched that no graph takes. It lasts as long as this.
  cudaGraph_t end();

 private:
  friend void note_kernel();

  unsigned long long launches_before_ = 0;
  Nodes kernels_;
  cudaGraph_t graph_ = nullptr;
};

// The one that goes on; null where none does.
Capture* present_capture();

// After each launch of a kernel that begins with begin_kernel().
void note_kernel();

// Throws inside of a capture, which must not wait for the GPU.
void refuse_capture(const char* what);

}  // namespace hebb
