// A list of commands as a CUDA graph: one launch for all of their kernels. What kernels need of the host (attributes, pointers)
// is written into it; what they read on the GPU (variables, random counters, steps of a schedule) is as it is at each replay.
#pragma once

#include <cuda_runtime.h>

#include <utility>
#include <vector>

#include "cuda/branches.h"
#include "cuda/trial.h"
#include "hebb/abi.h"

namespace hebb {

using Dispatch = int (*)(const hebb_call&, hebb_error&);

struct Step;
enum class Order;

// Up to three graphs: one command after the other; in branches, where commands need not wait for each other; and with small ones
// in one block (cuda/oneBlock.h). The first replays take turns, and the fastest stays: all give the same bits.
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
  struct Way {
    const char* name;
    size_t launches;        // of which the graph is made
    cudaGraphExec_t graph;  // null: dropped
  };

  Recording(uint32_t commands, std::vector<Way> ways)
      : commands_(commands), ways_(std::move(ways)), trial_(static_cast<int>(ways_.size())) {}
  static bool capture(const Step& step, Order order, size_t most_launches, Way& way);
  void launch(cudaGraphExec_t graph) const;
  void keep(int best);
  void tell() const;

  uint32_t commands_;
  std::vector<Way> ways_;
  Trial trial_;
};

// Throws inside of a capture, which must not wait for the GPU.
void refuse_capture(const char* what);

}  // namespace hebb
