#include "cuda/recording.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/fault.h"
#include "cuda/log.h"
#include "cuda/memory.h"
#include "cuda/oneBlock.h"
#include "ops/oneBlock.cuda.h"

namespace hebb {

struct Step {
  const hebb_call* calls;
  uint32_t count;
  Dispatch dispatch;
  Branches branches;
};

enum class Order { kOneByOne, kInBranches, kGathered };

namespace {

using Nodes = std::vector<cudaGraphNode_t>;

// Beyond so many the books of what waits for what would take long.
constexpr uint32_t kMostInBranches = 4096;

// The backend's lock keeps others away.
bool g_capturing = false;

// Ends the capture whatever happens inside; the graph is null where something did.
class Capture {
 public:
  Capture() {
    // Relaxed: other threads allocate meanwhile.
    check_cuda(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "beginning to record a step");
    g_capturing = true;
    launches_before_ = count_launches_from(0);
  }
  ~Capture() {
    end();
    count_launches_from(launches_before_);
    if (graph_ != nullptr) cudaGraphDestroy(graph_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // What is launched next waits for these, and for nothing else.
  void continue_after(Nodes nodes) {
#if CUDART_VERSION >= 13000
    const cudaError_t status =
        cudaStreamUpdateCaptureDependencies(stream(), nodes.data(), nullptr, nodes.size(), cudaStreamSetCaptureDependencies);
#else
    const cudaError_t status =
        cudaStreamUpdateCaptureDependencies(stream(), nodes.data(), nodes.size(), cudaStreamSetCaptureDependencies);
#endif
    check_cuda(status, "recording a step in branches");
  }
  // What the next launch would wait for.
  Nodes ends() const {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    const cudaGraphNode_t* nodes = nullptr;
    size_t count = 0;
#if CUDART_VERSION >= 13000
    const cudaError_t asked = cudaStreamGetCaptureInfo(stream(), &status, nullptr, nullptr, &nodes, nullptr, &count);
#else
    const cudaError_t asked = cudaStreamGetCaptureInfo_v2(stream(), &status, nullptr, nullptr, &nodes, &count);
#endif
    check_cuda(asked, "recording a step in branches");
    return Nodes(nodes, nodes + count);
  }
  cudaGraph_t end() {
    if (!g_capturing) return graph_;
    g_capturing = false;
    if (cudaStreamEndCapture(stream(), &graph_) != cudaSuccess) graph_ = nullptr;
    return graph_;
  }

 private:
  unsigned long long launches_before_ = 0;
  cudaGraph_t graph_ = nullptr;
};

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

}  // namespace

// False where that cannot be captured, or is made of more launches than these.
bool Recording::capture(const Step& step, Order order, size_t most_launches, Way& way) {
  way = {name_of(order), 0, nullptr};
  begin_recorded_scratch();
  try {
    Capture capture;
    const cudaGraph_t graph = dispatch_in(order, step, capture) == HEBB_OK ? capture.end() : nullptr;
    const auto instantiate = [&] {
      if (cudaGraphInstantiate(&way.graph, graph, 0) == cudaSuccess) return true;
      way.graph = nullptr;
      cudaGetLastError();  // no error of a later launch
      return false;
    };
    const bool counted = graph != nullptr && cudaGraphGetNodes(graph, nullptr, &way.launches) == cudaSuccess;
    if (counted && way.launches <= most_launches && with_room(instantiate)) return true;
  } catch (const std::exception&) {
    // What can be recorded runs, too, and tells what is wrong.
  }
  cudaGetLastError();  // of what failed: no error of a later launch
  return false;
}

Recording* Recording::make(const hebb_call* calls, uint32_t count, Dispatch dispatch) {
  const bool books = count <= kMostInBranches;
  const Step step = {calls, count, dispatch, Branches(calls, books ? count : 0)};
  std::vector<Way> ways(1);
  const bool recorded = capture(step, Order::kOneByOne, SIZE_MAX, ways[0]);
  const auto try_also = [&](Order order, size_t most_launches) {
    Way other;
    if (recorded && books && capture(step, order, most_launches, other)) ways.push_back(other);
  };
  if (step.branches.fork()) try_also(Order::kInBranches, SIZE_MAX);
  try_also(Order::kGathered, static_cast<size_t>(device().worth_gathering * static_cast<double>(ways[0].launches)));
  end_recorded_scratch(recorded);
  return recorded ? new Recording(count, std::move(ways)) : nullptr;
}

Recording::~Recording() {
  keep(-1);
  drop_recorded_scratch();
}

// And drops the others.
void Recording::keep(int best) {
  for (size_t i = 0; i < ways_.size(); ++i) {
    if (ways_[i].graph == nullptr || static_cast<int>(i) == best) continue;
    cudaGraphExecDestroy(ways_[i].graph);
    ways_[i].graph = nullptr;
  }
}

void Recording::replay() {
  const bool open = trial_.best() < 0;
  launch(ways_[static_cast<size_t>(trial_.begin())].graph);
  trial_.end();
  if (!open || trial_.best() < 0) return;
  keep(trial_.best());
  tell();
}

void Recording::tell() const {
  std::string text = std::to_string(commands_) + " commands";
  for (size_t i = 0; i < ways_.size(); ++i) {
    char way[96];
    std::snprintf(way, sizeof way, "%s %s: %zu launches, %.1f us", i == 0 ? ";" : ",", ways_[i].name, ways_[i].launches,
                  1000.0 * trial_.shortest()[i]);
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

void refuse_capture(const char* what) {
  if (g_capturing) throw EngineError(HEBB_UNSUPPORTED, std::string(what) + " cannot be recorded");
}

}  // namespace hebb
