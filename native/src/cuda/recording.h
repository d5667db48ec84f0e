// A list of commands as a CUDA graph: one launch for all of their kernels. What kernels need of the host (attributes, pointers)
// is written into it; what they read on the GPU (variables, random counters, steps of a schedule) is as it is at each replay.
#pragma once

#include <cuda_runtime.h>

#include <memory>
#include <utility>
#include <vector>

#include "cuda/branches.h"
#include "hebb/abi.h"

namespace hebb {

using Dispatch = int (*)(const hebb_call&, hebb_error&);

struct Step;
enum class Order { kOneByOne, kInBranches, kGathered };

// Graphs of up to three orders: one command after the other; in branches, where commands need not wait for each other; and with
// small ones in one block (cuda/oneBlock.h). Each also with kernels that are launched early (cuda/early.h), where the GPU has
// that. The first replays take turns, and the fastest stays: all give the same bits. Recordings of the same commands over
// different memory try them out together.
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
    Order order;
    bool early;
    size_t launches;  // of which the graph is made
    cudaGraphExec_t graph;
  };
  struct Contest;

  Recording(uint32_t commands, std::vector<Way> ways, std::shared_ptr<Contest> contest)
      : commands_(commands), ways_(std::move(ways)), contest_(std::move(contest)) {}
  static std::shared_ptr<Contest>& contest_of(const Step& step);
  static bool capture(const Step& step, Order order, size_t most_launches, std::vector<Way>& ways);
  static void capture_all(const Step& step, std::vector<Way>& ways);
  static cudaGraphExec_t instantiate(cudaGraph_t graph);
  void launch(cudaGraphExec_t graph) const;
  void settle();
  void tell() const;

  uint32_t commands_;
  std::vector<Way> ways_;
  std::shared_ptr<Contest> contest_;  // null once one has won
};

}  // namespace hebb
