#include "cuda/dnnPlan.h"

#include <algorithm>
#include <utility>

#include "cuda/api.h"

namespace hebb {
namespace {

// As many as cuDNN may propose of a kind; it has said 40.
constexpr size_t kMostProposals = 64;
// Whose code takes up to five seconds each.
constexpr size_t kMostCompiled = 2;

// Reads up to as many values as there are places; how many there are.
int64_t read(const DnnPart& part, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t places,
             void* values) {
  int64_t count = 0;
  check_dnn(api().cudnnBackendGetAttribute(part.get(), name, type, places, &count, values), "reading a description");
  return std::min(count, places);
}

DnnPart engine_of(const DnnPart& engine_config) {
  DnnPart engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t descriptor = engine.get();
  read(engine_config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &descriptor);
  return engine;
}

bool compiles(const DnnPart& engine) {
  cudnnBackendBehaviorNote_t notes[CUDNN_BEHAVIOR_NOTE_TYPE_COUNT];
  const int64_t count =
      read(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT, notes);
  return std::count(notes, notes + count, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) != 0;
}

bool obeys(const DnnPart& engine, const DnnRules& rules) {
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  const int64_t count =
      read(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT, notes);
  return std::none_of(notes, notes + count, [&](cudnnBackendNumericalNote_t note) {
    return note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC || note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
           note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS || (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE && !rules.tensor_cores);
  });
}

std::vector<DnnPart> proposals(const DnnPart& graph, const DnnTarget& target, cudnnBackendHeurMode_t mode) {
  DnnPart heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
#if CUDNN_VERSION >= 90800
  if (target.described != nullptr) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.described);
#else
  (void)target;
#endif
  heuristics.finish();
  std::vector<DnnPart> configs;
  std::vector<cudnnBackendDescriptor_t> places;
  for (size_t i = 0; i < kMostProposals; ++i) places.push_back(configs.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).get());
  const int64_t count =
      read(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, kMostProposals, places.data());
  configs.erase(configs.begin() + count, configs.end());
  return configs;
}

DnnPart unfinished_plan(const DnnTarget& target) {
  DnnPart plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  if (target.handle != nullptr) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &target.handle);
#if CUDNN_VERSION >= 90800
  if (target.described != nullptr) plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.described);
#endif
  return plan;
}

struct Found {
  std::vector<DnnPlan> plans;
  size_t compiled = 0;  // of them
  std::string refusal = "it proposes no plan";
};

void consider(const DnnPart& config, const DnnTarget& target, const DnnRules& rules, Found& found) {
  const DnnPart engine = engine_of(config);
  if (!obeys(engine, rules)) {
    found.refusal = "no plan gives the same bits at every run and sums in float32";
    return;
  }
  if (compiles(engine) && found.compiled == kMostCompiled) return;
  try {
    DnnPlan plan(config, target);
    if (plan.workspace() > rules.most_workspace) {
      found.refusal = "no plan's workspace fits";
      return;
    }
    found.compiled += plan.compiled();
    found.plans.push_back(std::move(plan));
  } catch (const DnnRefusal& problem) {
    found.refusal = problem.what();  // the next proposal may do
  }
}

}  // namespace

DnnPlan::DnnPlan(const DnnPart& engine_config, const DnnTarget& target) : plan_(unfinished_plan(target)) {
  plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine_config).finish();
  read(plan_, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace_);
  const DnnPart engine = engine_of(engine_config);
  read(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &engine_);
  compiled_ = compiles(engine);
}

DnnPlan::DnnPlan(const std::string& text, const DnnTarget& target) : plan_(unfinished_plan(target)) {
  plan_.set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, static_cast<int64_t>(text.size()), text.data());
  plan_.finish();
  read(plan_, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace_);
}

std::string DnnPlan::text() const {
  int64_t size = 0;
  const auto get = [&](int64_t places, char* letters) {
    check_dnn(api().cudnnBackendGetAttribute(plan_.get(), CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, places,
                                             &size, letters),
              "writing a plan");
  };
  get(0, nullptr);
  std::string text(static_cast<size_t>(size), '\0');
  get(size, text.data());
  return text;
}

void DnnPlan::run(cudnnHandle_t handle, const std::vector<DnnOperand>& operands, void* workspace) const {
  std::vector<int64_t> ids;
  std::vector<void*> pointers;
  for (const DnnOperand& operand : operands) ids.push_back(operand.id), pointers.push_back(operand.data);
  const int64_t count = static_cast<int64_t>(operands.size());
  DnnPart pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, pointers.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  pack.finish();
  check_dnn(api().cudnnBackendExecute(handle, plan_.get(), pack.get()), "running a plan");
}

std::vector<DnnPlan> dnn_plans(const DnnGraph& graph, const DnnTarget& target, const DnnRules& rules, size_t most) {
  const DnnPart whole = graph.finish(target.handle);
  Found found;
  // The second has plans that are slow, and some where the first has none.
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const DnnPart& config : proposals(whole, target, mode)) {
      consider(config, target, rules, found);
      if (found.plans.size() == most) break;
    }
    if (!found.plans.empty()) return std::move(found.plans);
  }
  throw DnnRefusal(found.refusal);
}

}  // namespace hebb
