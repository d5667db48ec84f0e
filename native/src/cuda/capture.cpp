#include "cuda/capture.h"

#include <string>
#include <utility>

#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/fault.h"

namespace hebb {
namespace {

// The one that goes on; the backend's lock keeps others away.
Capture* g_capture = nullptr;

// What the next launch would wait for. Edges that a library asked for may be of any kind, and are asked for, too: else they are
// an error.
cudaError_t find_ends(Nodes& found) {
  const cudaStream_t on = device().stream;  // nothing gathered is launched for this
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  const cudaGraphNode_t* nodes = nullptr;
  const cudaGraphEdgeData* edges = nullptr;
  size_t count = 0;
#if CUDART_VERSION >= 13000
  const cudaError_t asked = cudaStreamGetCaptureInfo(on, &status, nullptr, nullptr, &nodes, &edges, &count);
#else
  const cudaError_t asked = cudaStreamGetCaptureInfo_v3(on, &status, nullptr, nullptr, &nodes, &edges, &count);
#endif
  if (asked == cudaSuccess) found.assign(nodes, nodes + count);
  return asked;
}

}  // namespace

Capture::Capture() {
  // Relaxed: other threads allocate meanwhile.
  check_cuda(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "beginning to record a step");
  g_capture = this;
  launches_before_ = count_launches_from(0);
}

Capture::~Capture() {
  end();
  count_launches_from(launches_before_);
  if (graph_ != nullptr) cudaGraphDestroy(graph_);
}

void Capture::continue_after(Nodes nodes) {
#if CUDART_VERSION >= 13000
  const cudaError_t status =
      cudaStreamUpdateCaptureDependencies(stream(), nodes.data(), nullptr, nodes.size(), cudaStreamSetCaptureDependencies);
#else
  const cudaError_t status =
      cudaStreamUpdateCaptureDependencies(stream(), nodes.data(), nodes.size(), cudaStreamSetCaptureDependencies);
#endif
  check_cuda(status, "recording a step in branches");
}

Nodes Capture::ends() const {
  Nodes found;
  check_cuda(find_ends(found), "recording a step in branches");
  return found;
}

cudaGraph_t Capture::end() {
  if (g_capture != this) return graph_;
  g_capture = nullptr;
  if (cudaStreamEndCapture(stream(), &graph_) != cudaSuccess) graph_ = nullptr;
  return graph_;
}

Capture* present_capture() { return g_capture; }

void note_kernel() {
  if (g_capture == nullptr) return;
  Nodes last;
  // What is not noted is not launched early.
  if (find_ends(last) != cudaSuccess) cudaGetLastError();
  g_capture->kernels_.insert(g_capture->kernels_.end(), last.begin(), last.end());
}

void refuse_capture(const char* what) {
  if (g_capture != nullptr) throw EngineError(HEBB_UNSUPPORTED, std::string(what) + " cannot be recorded");
}

}  // namespace hebb
