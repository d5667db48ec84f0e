#include "cuda/dnnChoice.h"

#include <exception>
#include <optional>
#include <utility>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/kernelCache.h"
#include "cuda/memory.h"

namespace hebb {
namespace {

using Operands = std::vector<DnnOperand>;

// How many plans are tried out.
constexpr size_t kMostTried = 6;
constexpr int kTrialRuns = 3;

class Timer {
 public:
  Timer() {
    for (cudaEvent_t& event : events_) check_cuda(cudaEventCreateWithFlags(&event, 0), "creating an event");
  }
  ~Timer() {
    for (cudaEvent_t event : events_) cudaEventDestroy(event);
  }
  template <typename Work>
  float milliseconds(const Work& work) {
    check_cuda(cudaEventRecord(events_[0], stream()), "timing a plan");
    work();
    check_cuda(cudaEventRecord(events_[1], stream()), "timing a plan");
    check_cuda(cudaEventSynchronize(events_[1]), "timing a plan");
    float elapsed = 0;
    check_cuda(cudaEventElapsedTime(&elapsed, events_[0], events_[1]), "timing a plan");
    return elapsed;
  }

 private:
  cudaEvent_t events_[2] = {};
};

// Each writes the same output anew; one that is refused as it runs is left out.
size_t fastest(const std::vector<DnnPlan>& plans, const Operands& operands) {
  Timer timer;
  std::optional<size_t> best;
  float least = 0;
  for (size_t i = 0; i < plans.size(); ++i) try {
      run_plan(plans[i], operands);
      const float took = timer.milliseconds([&] {
        for (int run = 0; run < kTrialRuns; ++run) run_plan(plans[i], operands);
      });
      if (!best || took < least) best = i, least = took;
    } catch (const DnnRefusal&) {
    }
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
  DnnPlan plan = std::move(plans[plans.size() > 1 ? fastest(plans, operands) : 0]);
  if (plan.compiled() || device().tune) keep(key, plan);
  return plan;
}

}  // namespace hebb
