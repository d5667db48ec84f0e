#include "cuda/dnnChoice.h"

#include <exception>
#include <optional>
#include <utility>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/kernelCache.h"
#include "cuda/memory.h"
#include "cuda/timer.h"

namespace hebb {
namespace {

using Operands = std::vector<DnnOperand>;

// How many plans are tried out.
constexpr size_t kMostTried = 6;

// Each writes the same output anew.
size_t fastest_plan(const std::vector<DnnPlan>& plans, const Operands& operands) {
  const std::optional<size_t> best = fastest(plans.size(), [&](size_t i) {
    try {
      return run_plan(plans[i], operands), true;
    } catch (const DnnRefusal&) {
      return false;
    }
  });
  if (!best) throw DnnRefusal("none of the plans that were tried out runs");
  return *best;
}

// Finding plans loads engines and kernels, for which memory may lack that the cache holds free.
std::vector<DnnPlan> find_plans(const DnnGraph& graph, const DnnRules& rules) {
  std::vector<DnnPlan> plans;
  std::exception_ptr problem;
  const bool found = with_room([&] {
    try {
      plans = dnn_plans(graph, {cudnn(), nullptr}, rules, device().tune ? kMostTried : 1);
      return true;
    } catch (const EngineError&) {
      problem = std::current_exception();
      return false;
    }
  });
  if (!found) std::rethrow_exception(problem);
  return plans;
}

// A file that cuDNN does not take is none.
std::optional<DnnPlan> kept_plan(const std::string& key) {
  const std::string text = read_kernel(key);
  if (text.empty()) return std::nullopt;
  try {
    return DnnPlan(text, {cudnn(), nullptr});
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

// Where it has no text, it is made anew next time.
void keep(const std::string& key, const DnnPlan& plan) {
  try {
    write_kernel(key, plan.text());
  } catch (const std::runtime_error&) {
  }
}

}  // namespace

void run_plan(const DnnPlan& plan, const Operands& operands) {
  const Scratch workspace(static_cast<uint64_t>(plan.workspace()));
  plan.run(cudnn(), operands, workspace.as<void>());
}

DnnPlan choose_plan(const std::string& name, const DnnGraph& graph, const DnnRules& rules, const Operands& operands) {
  const std::string key = kernel_hash(device().description + (device().tune ? " tried out " : " ") + name);
  if (std::optional<DnnPlan> kept = kept_plan(key)) return std::move(*kept);
  std::vector<DnnPlan> plans = find_plans(graph, rules);
  DnnPlan plan = std::move(plans[plans.size() > 1 ? fastest_plan(plans, operands) : 0]);
  if (plan.compiled() || device().tune) keep(key, plan);
  return plan;
}

}  // namespace hebb
