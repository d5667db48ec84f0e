// How cuDNN does what a graph says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cuda/dnnGraph.h"

namespace hebb {

// Where a plan runs: on the GPU of a handle, or, to plan where there is none, on one that is described.
struct DnnTarget {
  cudnnHandle_t handle = nullptr;
  const DnnPart* described = nullptr;
};

// What a plan must not do besides: give other bits at another run, sum in less than float32, or round its operands.
struct DnnRules {
  bool tensor_cores;  // which round float32 to TF32
  int64_t most_workspace;
};

struct DnnOperand {
  int64_t id;
  void* data;
};

class DnnPlan {
 public:
  DnnPlan(const DnnPart& engine_config, const DnnTarget& target);
  // Out of its text(), for the same version of cuDNN and the same GPU.
  DnnPlan(const std::string& text, const DnnTarget& target);
  int64_t workspace() const { return workspace_; }
  // Which of cuDNN's engines it is.
  int64_t engine() const { return engine_; }
  // Whether it has code that was compiled for it, which takes from a third of a second to five.
  bool compiled() const { return compiled_; }
  // All that makes it, with what was compiled.
  std::string text() const;
  void run(cudnnHandle_t handle, const std::vector<DnnOperand>& operands, void* workspace) const;

 private:
  DnnPart plan_;
  int64_t workspace_ = 0, engine_ = -1;
  bool compiled_ = false;
};

// The first plans that obey the rules, best first by cuDNN's heuristics: one or more, and `most` at the
// most, of which two are compiled; or a DnnRefusal.
std::vector<DnnPlan> dnn_plans(const DnnGraph& graph, const DnnTarget& target, const DnnRules& rules, size_t most);

}  // namespace hebb
