#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cuda/early.h"
#include "cuda/launch.cuh"

namespace hebb {
namespace {

// CUDA 12 has these with another name for what takes data of edges.
#if CUDART_VERSION >= 13000
constexpr auto edges_of = cudaGraphGetEdges;
constexpr auto remove_edges = cudaGraphRemoveDependencies;
constexpr auto add_edges = cudaGraphAddDependencies;
#else
constexpr auto edges_of = cudaGraphGetEdges_v2;
constexpr auto remove_edges = cudaGraphRemoveDependencies_v2;
constexpr auto add_edges = cudaGraphAddDependencies_v2;
#endif

struct Edges {
  Nodes from, to;
  std::vector<cudaGraphEdgeData> data;

  explicit Edges(cudaGraph_t graph) {
    size_t count = 0;
    if (edges_of(graph, nullptr, nullptr, nullptr, &count) != cudaSuccess) count = 0;
    from.resize(count);
    to.resize(count);
    data.resize(count);
    if (count > 0 && edges_of(graph, from.data(), to.data(), data.data(), &count) != cudaSuccess) count = 0;
    from.resize(count);
  }
  size_t count() const { return from.size(); }
};

bool is_kernel(cudaGraphNode_t node) {
  cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
  return cudaGraphNodeGetType(node, &type) == cudaSuccess && type == cudaGraphNodeTypeKernel;
}

__global__ void wait_only() { begin_kernel(); }

}  // namespace

// Code for sm_80 that a later GPU runs does not wait.
bool kernels_can_wait() {
  static const bool can = [] {
    const char* wanted = std::getenv("HEBB_CUDA_EARLY");
    if (wanted != nullptr && std::strcmp(wanted, "0") == 0) return false;
    cudaFuncAttributes built = {};
    return cudaFuncGetAttributes(&built, wait_only) == cudaSuccess && built.ptxVersion >= 90;
  }();
  return can;
}

size_t launch_early(cudaGraph_t graph, const Nodes& waiting) {
  Nodes ours = waiting;
  std::sort(ours.begin(), ours.end());
  const Edges edges(graph);
  size_t changed = 0;
  for (size_t i = 0; i < edges.count(); ++i) {
    const cudaGraphNode_t from = edges.from[i], to = edges.to[i];
    cudaGraphEdgeData data = edges.data[i];
    if (data.type != cudaGraphDependencyTypeDefault || data.from_port != cudaGraphKernelNodePortDefault) continue;
    if (!is_kernel(from) || !is_kernel(to) || !std::binary_search(ours.begin(), ours.end(), to)) continue;
    if (remove_edges(graph, &from, &to, &data, 1) != cudaSuccess) return 0;
    data.type = cudaGraphDependencyTypeProgrammatic;
    data.from_port = cudaGraphKernelNodePortProgrammatic;
    if (add_edges(graph, &from, &to, &data, 1) != cudaSuccess) return 0;
    ++changed;
  }
  return changed;
}

}  // namespace hebb
