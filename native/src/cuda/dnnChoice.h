// Which of cuDNN's plans is used for a graph.
#pragma once

#include <string>
#include <vector>

#include "cuda/dnnPlan.h"

namespace hebb {

// The first that cuDNN proposes; with HEBB_CUDA_TUNE=1 the fastest of some, which run over the operands. What was compiled or
// tried out is kept on disk under `name`, which says all that the graph and the rules depend on, for this GPU and these
// libraries: later processes have it at once, and the same one. Throws a DnnRefusal where there is none.
DnnPlan choose_plan(const std::string& name, const DnnGraph& graph, const DnnRules& rules,
                    const std::vector<DnnOperand>& operands);

// With a workspace of its own.
void run_plan(const DnnPlan& plan, const std::vector<DnnOperand>& operands);

}  // namespace hebb
