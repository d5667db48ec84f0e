// What the CUDA engine's own code needs of CUDA, on the CPU: kernels run thread after thread, memory is the host's, a stream does
// at once what it is asked. It shows whether kernels compute the right thing, and under ThreadSanitizer (HEBB_WATCHED) whether
// what nothing orders touches the same memory; nothing about speed or NVIDIA's libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __grid_constant__
#define __launch_bounds__(...)

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
// Kernels compiled at run time find them in the engine.
extern __attribute__((visibility("default"))) dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulated {

// Blocks that can run at the same time. Those in the same set have one copy of what they share, and follow each other.
constexpr unsigned kTogether = 4, kSets = kTogether;
extern __attribute__((visibility("default"))) unsigned g_set;

// Wait for every thread of the block, which must come here; after a meeting of the warp, what other warps did is still in no
// order.
void meet_block();
void meet_warp();
// For all blocks of those that run together.
void meet_grid();
// The memory of the block that was asked for when it was launched.
void* dynamic_shared();

}  // namespace emulated

// The dimensions of an array come last.
#define HEBB_SHARED(type, name, ...)                       \
  static type name##_of_sets[emulated::kSets] __VA_ARGS__; \
  auto& name = name##_of_sets[emulated::g_set]

inline void __syncthreads() { emulated::meet_block(); }
inline void __threadfence() {}

// Blocks have one dimension.
template <typename T>
T __shfl_xor_sync(unsigned, T value, int by) {
  HEBB_SHARED(T, values, [1024]);
  values[threadIdx.x] = value;
  emulated::meet_warp();
  const T other = values[threadIdx.x ^ static_cast<unsigned>(by)];
  emulated::meet_warp();
  return other;
}

inline int atomicCAS(int* at, int expected, int value) {
  __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  return expected;
}
inline unsigned atomicInc(unsigned* at, unsigned last) {
  unsigned old = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(at, &old, old >= last ? 0 : old + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
  return old;
}
inline void atomicExch(int* at, int value) { __atomic_store_n(at, value, __ATOMIC_RELEASE); }
constexpr int __NV_ATOMIC_RELAXED = __ATOMIC_RELAXED, __NV_THREAD_SCOPE_DEVICE = 0;
inline unsigned long long __nv_atomic_load_n(const unsigned long long* at, int order, int) { return __atomic_load_n(at, order); }
inline unsigned long long atomicMin(unsigned long long* at, unsigned long long value) {
  unsigned long long old = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (value < old && !__atomic_compare_exchange_n(at, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) continue;
  return old;
}
inline long long __double_as_longlong(double x) {
  long long bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

namespace emulated {

using Work = std::function<void()>;
class Stream;
struct Event;

// A launch of a graph, and those that come before it.
struct GraphNode {
  Work work;
  bool kernel = false;
  std::vector<GraphNode*> after;
  std::vector<GraphNode*> early;  // of these it is launched before they have ended: its kernel must wait for them
};
struct Graph {
  std::deque<GraphNode> nodes;
  std::vector<GraphNode*> last;  // the next node comes after these
  int launches = 0;
};

// Does what a stream is asked: at once, or, while it is captured, at every launch of the graph.
void submit(Stream* stream, Work work, bool kernel = false);

// Each thread of a kernel that may be launched early calls it.
__attribute__((visibility("default"))) void begin_kernel();
// Whether all threads of the last kernel did.
bool all_began();

// Calls `thread` for every thread of every block, one block after the other, or all together.
void run_blocks(unsigned grid, dim3 block, const std::function<void()>& thread);
void run_together(unsigned grid, dim3 block, size_t shared, const std::function<void()>& thread);

template <typename Kernel, typename... Args>
void launch(Stream* stream, unsigned grid, dim3 block, const Kernel& kernel, Args... args) {
  submit(
      stream, [=] { run_blocks(grid, block, [&] { kernel(args...); }); }, true);
}
template <typename Kernel, typename... Args>
void launch_together(Stream* stream, unsigned grid, dim3 block, size_t shared, const Kernel& kernel, Args... args) {
  submit(
      stream, [=] { run_together(grid, block, shared, [&] { kernel(args...); }); }, true);
}

}  // namespace emulated

#define HEBB_LAUNCH(kernel, grid, block, ...)                                                    \
  (emulated::launch(                                                                             \
       stream(), (grid), (block), [](auto... arguments) { kernel(arguments...); }, __VA_ARGS__), \
   note_kernel())

#define HEBB_LAUNCH_TOGETHER(kernel, grid, block, shared, ...) \
  emulated::launch_together(                                   \
      stream(), (grid), (block), (shared), [](auto... arguments) { kernel(arguments...); }, __VA_ARGS__)
#define HEBB_DYNAMIC_SHARED(type, name) type* name = static_cast<type*>(emulated::dynamic_shared())

struct alignas(16) float4 {
  float x, y, z, w;
};
template <typename T>
T __ldcg(const T* at) {
  return *at;
}

using cudaStream_t = emulated::Stream*;
using cudaEvent_t = emulated::Event*;
#define CUDART_VERSION 13000
enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation, cudaErrorStreamCaptureUnsupported, cudaErrorStreamCaptureInvalidated };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
constexpr unsigned cudaHostAllocDefault = 0, cudaEventDisableTiming = 2, cudaStreamNonBlocking = 1;

cudaError_t cudaMalloc(void** data, size_t bytes);
cudaError_t cudaFree(void* data);
inline cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned) {
  return (*data = std::malloc(bytes)) ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* made, unsigned);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
inline cudaError_t cudaEventQuery(cudaEvent_t) { return cudaSuccess; }
// The later, the faster: of what is tried out the last is taken.
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  static float last = 1e3f;
  *milliseconds = last = last > 1e-30f ? last * 0.99f : 1e3f;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* made, unsigned);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = *total = 0;
  return cudaSuccess;
}

struct cudaFuncAttributes {
  int ptxVersion;
};
template <typename Kernel>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* of, Kernel*) {
  of->ptxVersion = 90;
  return cudaSuccess;
}
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
inline cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }
template <typename Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Kernel*, int, size_t) {
  *blocks = 1;
  return cudaSuccess;
}

using cudaGraph_t = emulated::Graph*;
using cudaGraphExec_t = std::shared_ptr<emulated::Graph>*;
using cudaGraphNode_t = emulated::GraphNode*;
enum cudaGraphNodeType { cudaGraphNodeTypeKernel, cudaGraphNodeTypeEmpty };
enum cudaGraphDependencyType : unsigned char { cudaGraphDependencyTypeDefault, cudaGraphDependencyTypeProgrammatic };
constexpr unsigned char cudaGraphKernelNodePortDefault = 0, cudaGraphKernelNodePortProgrammatic = 1;
struct cudaGraphEdgeData {
  unsigned char from_port, to_port, type, reserved[5];
};
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed };
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusNone, cudaStreamCaptureStatusActive };
constexpr unsigned cudaStreamSetCaptureDependencies = 1;
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode);
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph);
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t, cudaStreamCaptureStatus*, unsigned long long* id, cudaGraph_t*,
                                     const cudaGraphNode_t** last, const cudaGraphEdgeData**, size_t* count);
cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t, cudaGraphNode_t* last, const cudaGraphEdgeData*, size_t count,
                                                unsigned);
cudaError_t cudaGraphGetEdges(cudaGraph_t, cudaGraphNode_t* from, cudaGraphNode_t* to, cudaGraphEdgeData*, size_t* count);
cudaError_t cudaGraphRemoveDependencies(cudaGraph_t, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                        const cudaGraphEdgeData*, size_t count);
cudaError_t cudaGraphAddDependencies(cudaGraph_t, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                     const cudaGraphEdgeData*, size_t count);
inline cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  *type = node->kernel ? cudaGraphNodeTypeKernel : cudaGraphNodeTypeEmpty;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long);
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t);
inline cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t*, size_t* count) {
  *count = graph->nodes.size();
  return cudaSuccess;
}
inline void cudaGraphDestroy(cudaGraph_t graph) { delete graph; }
inline void cudaGraphExecDestroy(cudaGraphExec_t graph) { delete graph; }

inline const char* cudaGetErrorString(cudaError_t) { return "no memory"; }
inline const char* cudaGetErrorName(cudaError_t) { return "cudaErrorMemoryAllocation"; }
