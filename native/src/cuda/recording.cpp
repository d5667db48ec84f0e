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
  return graph != nullptr && with_room([&] {
           if (cudaGraphInstantiate(&graph_, graph, 0) == cudaSuccess) return true;
           graph_ = nullptr;
           cudaGetLastError();  // no error of a later launch
           return false;
         });
}

Recording::~Recording() {
  if (graph_ == nullptr) return;
  cudaGraphExecDestroy(graph_);
  drop_recorded_scratch();
}

// The first launch takes memory on the GPU.
void Recording::replay() const {
  cudaError_t status = cudaSuccess;
  with_room([&] {
    status = cudaGraphLaunch(graph_, stream());
    if (status != cudaSuccess) cudaGetLastError();  // told here: no error of a later launch
    return status != cudaErrorMemoryAllocation;
  });
  check_cuda(status, "replaying a step");
}

void refuse_capture(const char* what) {
  if (g_capturing) throw EngineError(HEBB_UNSUPPORTED, std::string(what) + " cannot be recorded");
}

}  // namespace hebb
