// What the CUDA engine's own code needs of CUDA, on the CPU: kernels run thread after thread, memory is the host's, a stream does
// at once what it is asked. It shows whether kernels compute the right thing; nothing about races, speed or NVIDIA's libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __grid_constant__
#define __launch_bounds__(threads)

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
// Kernels compiled at run time find them in the engine.
extern __attribute__((visibility("default"))) dim3 threadIdx, blockIdx, blockDim, gridDim;

void __syncthreads();
inline void __threadfence() {}

// Every thread of the block comes here, and not only the warp's. Blocks have one dimension.
template <typename T>
T __shfl_xor_sync(unsigned, T value, int by) {
  static T values[1024];
  values[threadIdx.x] = value;
  __syncthreads();
  const T other = values[threadIdx.x ^ static_cast<unsigned>(by)];
  __syncthreads();
  return other;
}

inline int atomicCAS(int* at, int expected, int value) {
  const int old = *at;
  if (old == expected) *at = value;
  return old;
}
inline void atomicExch(int* at, int value) { *at = value; }
inline long long __double_as_longlong(double x) {
  long long bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

namespace emulated {

using Work = std::function<void()>;
using Graph = std::vector<Work>;

// Does what a stream is asked: at once, or, while it is captured, at every launch of the graph.
void submit(Work work);

// Calls `thread` for every thread of every block, one block after the other.
void run_blocks(unsigned grid, dim3 block, const std::function<void()>& thread);

template <typename Kernel, typename... Args>
void launch(unsigned grid, dim3 block, const Kernel& kernel, Args... args) {
  submit([=] { run_blocks(grid, block, [&] { kernel(args...); }); });
}

}  // namespace emulated

#define HEBB_LAUNCH(kernel, grid, block, ...) \
  emulated::launch((grid), (block), [](auto... arguments) { kernel(arguments...); }, __VA_ARGS__)

using cudaStream_t = void*;
using cudaEvent_t = void*;
enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation, cudaErrorStreamCaptureInvalidated };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
constexpr unsigned cudaHostAllocDefault = 0, cudaEventDisableTiming = 2;

cudaError_t cudaMalloc(void** data, size_t bytes);
cudaError_t cudaFree(void* data);
inline cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned) {
  return (*data = std::malloc(bytes)) ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t) {
  emulated::submit([=] { std::memmove(to, from, bytes); });
  return cudaSuccess;
}
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned) { return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = *total = 0;
  return cudaSuccess;
}

using cudaGraph_t = emulated::Graph*;
using cudaGraphExec_t = emulated::Graph*;
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed };
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode);
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long);
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t);
inline void cudaGraphDestroy(cudaGraph_t graph) { delete graph; }
inline void cudaGraphExecDestroy(cudaGraphExec_t graph) { delete graph; }

inline const char* cudaGetErrorString(cudaError_t) { return "no memory"; }
inline const char* cudaGetErrorName(cudaError_t) { return "cudaErrorMemoryAllocation"; }
