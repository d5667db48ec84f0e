#include "cuda/recording.h"

#include <algorithm>
#include <exception>
#include <vector>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/memory.h"

namespace hebb {
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
  }
  ~Capture() {
    end();
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
  cudaGraph_t graph_ = nullptr;
};

struct Step {
  const hebb_call* calls;
  uint32_t count;
  Dispatch dispatch;
};

int dispatch_all(const Step& step) {
  hebb_error problem;
  for (uint32_t i = 0; i < step.count; ++i)
    if (const int status = step.dispatch(step.calls[i], problem)) return status;
  return HEBB_OK;
}

int dispatch_in_branches(const Step& step, const Branches& branches, Capture& capture) {
  hebb_error problem;
  std::vector<Nodes> ends(step.count);
  for (uint32_t i = 0; i < step.count; ++i) {
    Nodes before;
    for (const uint32_t earlier : branches.waits(i)) before.insert(before.end(), ends[earlier].begin(), ends[earlier].end());
    std::sort(before.begin(), before.end());
    before.erase(std::unique(before.begin(), before.end()), before.end());
    capture.continue_after(before);
    begin_recorded_command(i, [&branches, i](uint32_t earlier) { return branches.follows(i, earlier); });
    if (const int status = step.dispatch(step.calls[i], problem)) return status;
    ends[i] = capture.ends();
  }
  return HEBB_OK;
}

enum class Order { kOneByOne, kInBranches };

// Null where that cannot be captured, or where there are no branches.
cudaGraphExec_t capture(const Step& step, Order order) {
  begin_recorded_scratch();
  try {
    const Branches branches(step.calls, order == Order::kInBranches ? step.count : 0);
    if (order == Order::kInBranches && !branches.fork()) return nullptr;
    Capture capture;
    const int status = order == Order::kOneByOne ? dispatch_all(step) : dispatch_in_branches(step, branches, capture);
    const cudaGraph_t graph = status == HEBB_OK ? capture.end() : nullptr;
    cudaGraphExec_t made = nullptr;
    const auto instantiate = [&] {
      if (cudaGraphInstantiate(&made, graph, 0) == cudaSuccess) return true;
      made = nullptr;
      cudaGetLastError();  // no error of a later launch
      return false;
    };
    if (graph != nullptr && with_room(instantiate)) return made;
  } catch (const std::exception&) {
    // What can be recorded runs, too, and tells what is wrong.
  }
  cudaGetLastError();  // of what failed: no error of a later launch
  return nullptr;
}

}  // namespace

Recording* Recording::make(const hebb_call* calls, uint32_t count, Dispatch dispatch) {
  const Step step = {calls, count, dispatch};
  std::array<cudaGraphExec_t, 2> graphs = {capture(step, Order::kOneByOne), nullptr};
  if (graphs[0] != nullptr && count <= kMostInBranches) graphs[1] = capture(step, Order::kInBranches);
  end_recorded_scratch(graphs[0] != nullptr);
  return graphs[0] == nullptr ? nullptr : new Recording(graphs);
}

Recording::~Recording() {
  drop(0);
  drop(1);
  drop_recorded_scratch();
}

void Recording::drop(size_t graph) {
  if (graphs_[graph] != nullptr) cudaGraphExecDestroy(graphs_[graph]);
  graphs_[graph] = nullptr;
}

void Recording::replay() {
  const size_t way = static_cast<size_t>(trial_.begin());
  launch(graphs_[way]);
  trial_.end();
  if (trial_.best() >= 0) drop(1 - way);
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
