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
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  const cudaGraphNode_t* nodes = nullptr;
  size_t count = 0;
#if CUDART_VERSION >= 13000
  const cudaError_t asked = cudaStreamGetCaptureInfo(stream(), &status, nullptr, nullptr, &nodes, nullptr, &count);
#else
  const cudaError_t asked = cudaStreamGetCaptureInfo_v2(stream(), &status, nullptr, nullptr, &nodes, &count);
#endif
  check_cuda(asked, "recording a step");
  return Nodes(nodes, nodes + count);
}

cudaGraph_t Capture::end() {
  if (g_capture != this) return graph_;
  g_capture = nullptr;
  if (cudaStreamEndCapture(stream(), &graph_) != cudaSuccess) graph_ = nullptr;
  return graph_;
}

void note_kernel() {
  if (g_capture == nullptr) return;
  const Nodes last = g_capture->ends();
  g_capture->kernels_.insert(g_capture->kernels_.end(), last.begin(), last.end());
}

void refuse_capture(const char* what) {
  if (g_capture != nullptr) throw EngineError(HEBB_UNSUPPORTED, std::string(what) + " cannot be recorded");
}

}  // namespace hebb
