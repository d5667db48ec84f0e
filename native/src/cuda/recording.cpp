#include "cuda/recording.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cuda/capture.h"
#include "cuda/device.h"
#include "cuda/early.h"
#include "cuda/error.h"
#include "cuda/log.h"
#include "cuda/memory.h"
#include "cuda/oneBlock.h"
#include "cuda/trial.h"
#include "ops/oneBlock.cuda.h"

namespace hebb {

struct Step {
  const hebb_call* calls;
  uint32_t count;
  Dispatch dispatch;
  bool books;  // whether it is known what waits for what
  Branches branches;
};

namespace {

// Beyond so many the books of what waits for what would take long.
constexpr uint32_t kMostInBranches = 4096;

int dispatch_all(const Step& step) {
  hebb_error problem;
  for (uint32_t i = 0; i < step.count; ++i)
    if (const int status = step.dispatch(step.calls[i], problem)) return status;
  return HEBB_OK;
}

int dispatch_in_branches(const Step& step, Capture& capture) {
  hebb_error problem;
  std::vector<Nodes> ends(step.count);
  for (uint32_t i = 0; i < step.count; ++i) {
    Nodes before;
    for (const uint32_t earlier : step.branches.waits(i)) before.insert(before.end(), ends[earlier].begin(), ends[earlier].end());
    std::sort(before.begin(), before.end());
    before.erase(std::unique(before.begin(), before.end()), before.end());
    capture.continue_after(before);
    begin_recorded_command(i, [&step, i](uint32_t earlier) { return step.branches.follows(i, earlier); });
    if (const int status = step.dispatch(step.calls[i], problem)) return status;
    ends[i] = capture.ends();
  }
  return HEBB_OK;
}

int dispatch_gathered(const Step& step) {
  hebb_error problem;
  Gathering gathering(launch_one_block);
  for (uint32_t i = 0; i < step.count; ++i) {
    const auto follows = [&step, i](uint32_t earlier) { return step.branches.follows(i, earlier); };
    gathering.command(i, follows);
    begin_recorded_command(i, follows);
    if (const int status = step.dispatch(step.calls[i], problem)) return status;
  }
  gathering.launch();
  return HEBB_OK;
}

int dispatch_in(Order order, const Step& step, Capture& capture) {
  if (order == Order::kOneByOne) return dispatch_all(step);
  return order == Order::kInBranches ? dispatch_in_branches(step, capture) : dispatch_gathered(step);
}

const char* name_of(Order order) {
  return order == Order::kOneByOne ? "one by one" : order == Order::kInBranches ? "in branches" : "gathered";
}

// What is known of a step's commands, whatever memory they work on.
size_t identity_of(const hebb_call* calls, uint32_t count) {
  std::string all;
  const auto add = [&](const void* from, size_t bytes) { all.append(static_cast<const char*>(from), bytes); };
  for (uint32_t i = 0; i < count; ++i) {
    const hebb_call& call = calls[i];
    const uint32_t head[] = {call.op, call.n_outputs, call.n_inputs, call.n_attributes};
    add(head, sizeof head);
    if (call.n_attributes > 0) add(call.attributes, call.n_attributes * sizeof(double));
    for (uint32_t k = 0; k < call.n_outputs + call.n_inputs; ++k) {
      const hebb_view& view = k < call.n_outputs ? call.outputs[k] : call.inputs[k - call.n_outputs];
      const int32_t form[] = {view.dtype, view.rank};
      add(form, sizeof form);
      add(view.dims, static_cast<size_t>(view.rank) * sizeof view.dims[0]);
    }
  }
  return std::hash<std::string>()(all);
}

}  // namespace

// Which way is the fastest.
struct Recording::Contest {
  explicit Contest(const std::vector<Way>& ways) : trial(static_cast<int>(ways.size())) {
    for (const Way& way : ways) forms.emplace_back(way.order, way.early);
  }
  bool is_of(const std::vector<Way>& ways) const {
    return std::equal(ways.begin(), ways.end(), forms.begin(), forms.end(),
                      [](const Way& way, const auto& form) { return std::pair(way.order, way.early) == form; });
  }

  std::vector<std::pair<Order, bool>> forms;
  Trial trial;
};

// Of all recordings of these commands; null before the first.
std::shared_ptr<Recording::Contest>& Recording::contest_of(const Step& step) {
  static std::map<size_t, std::shared_ptr<Contest>>& all = *new std::map<size_t, std::shared_ptr<Contest>>;
  return all[identity_of(step.calls, step.count)];
}

// Null where there is no room for it.
cudaGraphExec_t Recording::instantiate(cudaGraph_t graph) {
  cudaGraphExec_t made = nullptr;
  with_room([&] {
    if (cudaGraphInstantiate(&made, graph, 0) == cudaSuccess) return true;
    made = nullptr;
    cudaGetLastError();  // no error of a later launch
    return false;
  });
  return made;
}

// Adds ways to do the step in this order. False where that cannot be captured, or is made of more launches than these.
bool Recording::capture(const Step& step, Order order, size_t most_launches, std::vector<Way>& ways) {
  begin_recorded_scratch();
  try {
    Capture capture;
    const cudaGraph_t graph = dispatch_in(order, step, capture) == HEBB_OK ? capture.end() : nullptr;
    size_t launches = 0;
    const bool counted = graph != nullptr && cudaGraphGetNodes(graph, nullptr, &launches) == cudaSuccess;
    const cudaGraphExec_t made = counted && launches <= most_launches ? instantiate(graph) : nullptr;
    if (made != nullptr) {
      ways.push_back({order, false, launches, made});
      const bool early = kernels_can_wait() && launch_early(graph, capture.kernels()) > 0;
      if (const cudaGraphExec_t also = early ? instantiate(graph) : nullptr) ways.push_back({order, true, launches, also});
      cudaGetLastError();
      return true;
    }
  } catch (const std::exception&) {
    // What can be recorded runs, too, and tells what is wrong.
  }
  cudaGetLastError();  // of what failed: no error of a later launch
  return false;
}

// None where the step cannot be captured.
void Recording::capture_all(const Step& step, std::vector<Way>& ways) {
  if (!capture(step, Order::kOneByOne, SIZE_MAX, ways) || !step.books) return;
  if (step.branches.fork()) capture(step, Order::kInBranches, SIZE_MAX, ways);
  const double fewer = device().worth_gathering * static_cast<double>(ways[0].launches);
  capture(step, Order::kGathered, static_cast<size_t>(fewer), ways);
}

Recording* Recording::make(const hebb_call* calls, uint32_t count, Dispatch dispatch) {
  const bool books = count <= kMostInBranches;
  const Step step = {calls, count, dispatch, books, Branches(calls, books ? count : 0)};
  std::shared_ptr<Contest>& contest = contest_of(step);
  const int best = contest == nullptr ? -1 : contest->trial.best();
  std::vector<Way> ways;
  if (best >= 0) capture(step, contest->forms[static_cast<size_t>(best)].first, SIZE_MAX, ways);
  if (ways.empty()) capture_all(step, ways);
  end_recorded_scratch(!ways.empty());
  if (ways.empty()) return nullptr;
  if (best < 0 && (contest == nullptr || !contest->is_of(ways))) contest = std::make_shared<Contest>(ways);
  auto* made = new Recording(count, std::move(ways), contest);
  if (contest->trial.best() >= 0) made->settle();
  return made;
}

Recording::~Recording() {
  for (const Way& way : ways_) cudaGraphExecDestroy(way.graph);
  drop_recorded_scratch();
}

// Keeps the way that has won, or the first where none is of that form.
void Recording::settle() {
  const auto& form = contest_->forms[static_cast<size_t>(contest_->trial.best())];
  const auto won = [&](const Way& way) { return std::pair(way.order, way.early) == form; };
  const auto found = std::find_if(ways_.begin(), ways_.end(), won);
  if (found != ways_.end()) std::swap(ways_.front(), *found);
  for (; ways_.size() > 1; ways_.pop_back()) cudaGraphExecDestroy(ways_.back().graph);
  contest_ = nullptr;
}

void Recording::replay() {
  if (contest_ == nullptr) return launch(ways_[0].graph);
  Trial& trial = contest_->trial;
  const bool open = trial.best() < 0;
  launch(ways_[static_cast<size_t>(trial.begin())].graph);
  trial.end();
  if (trial.best() < 0) return;
  if (open) tell();
  settle();
}

void Recording::tell() const {
  std::string text = std::to_string(commands_) + " commands";
  for (size_t i = 0; i < ways_.size(); ++i) {
    char way[96];
    std::snprintf(way, sizeof way, "%s %s%s: %zu launches, %.1f us", i == 0 ? ";" : ",", name_of(ways_[i].order),
                  ways_[i].early ? " early" : "", ways_[i].launches, 1000.0 * contest_->trial.shortest()[i]);
    text += way;
  }
  log_line("recorded", text);
}

// The first launch takes memory on the GPU.
void Recording::launch(cudaGraphExec_t graph) const {
  cudaError_t status = cudaSuccess;
  with_room([&] {
    status = cudaGraphLaunch(graph, stream());
    if (status != cudaSuccess) cudaGetLastError();  // told here: no error of a later launch
    return status != cudaErrorMemoryAllocation;
  });
  check_cuda(status, "replaying a step");
}

}  // namespace hebb
