#include "cuda/recording.h"

#include <exception>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/memory.h"

namespace hebb {
namespace {

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
  cudaGraph_t end() {
    if (!g_capturing) return graph_;
    g_capturing = false;
    if (cudaStreamEndCapture(stream(), &graph_) != cudaSuccess) graph_ = nullptr;
    return graph_;
  }

 private:
  cudaGraph_t graph_ = nullptr;
};

}  // namespace

Recording* Recording::make(const std::function<int(hebb_error&)>& body) {
  std::unique_ptr<Recording> recording(new Recording);
  begin_recorded_scratch();
  bool captured = false;
  try {
    captured = recording->capture(body);
  } catch (const std::exception&) {
    // What can be recorded runs, too, and tells what is wrong.
  }
  end_recorded_scratch(captured);
  if (captured) return recording.release();
  cudaGetLastError();  // of what failed: no error of a later launch
  return nullptr;
}

bool Recording::capture(const std::function<int(hebb_error&)>& body) {
  Capture capture;
  hebb_error problem;
  if (body(problem) != HEBB_OK) return false;
  const cudaGraph_t graph = capture.end();
  return graph != nullptr && cudaGraphInstantiate(&graph_, graph, 0) == cudaSuccess;
}

Recording::~Recording() {
  if (graph_ == nullptr) return;
  cudaGraphExecDestroy(graph_);
  drop_recorded_scratch();
}

void Recording::replay() const { check_cuda(cudaGraphLaunch(graph_, stream()), "replaying a step"); }

void refuse_capture(const char* what) {
  if (g_capturing) throw EngineError(HEBB_UNSUPPORTED, std::string(what) + " cannot be recorded");
}

}  // namespace hebb
