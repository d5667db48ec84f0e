// Launching kernels: all on the engine's stream. How elements are dealt to threads never changes a result.
#pragma once

#include <cstdint>

#include "cuda/device.h"
#include "cuda/error.h"
#include "math/hostDevice.h"

namespace hebb {

constexpr int kThreads = 256;

// Macros, so that native/test/emulated can run kernels on the CPU.
#if !defined(HEBB_EMULATED)
// Runs a kernel over a grid of blocks.
#define HEBB_LAUNCH(kernel, grid, block, ...) kernel<<<(grid), (block), 0, stream()>>>(__VA_ARGS__)
// A variable of the block; the dimensions of an array come last.
#define HEBB_SHARED(type, name, ...) __shared__ type name __VA_ARGS__
#endif

inline void check_launch(const char* what) { check_cuda(cudaGetLastError(), what); }

// Blocks for n elements walked by for_elements(); enough to fill any GPU several times.
inline unsigned grid_for(int64_t n) {
  const int64_t blocks = (n + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 8192 ? blocks : 8192);
}

// A grid of exactly this many blocks.
inline unsigned exact_grid(int64_t blocks) {
  if (blocks > 2147483647) throw EngineError(HEBB_UNSUPPORTED, "more than 2147483647 blocks of work in one launch");
  return static_cast<unsigned>(blocks);
}

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Calls body(i) for this thread's share of [0, n).
template <typename Body>
__device__ __forceinline__ void for_elements(int64_t n, const Body& body) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) body(i);
}

// i mod n of what is not negative; division in 32 bits costs a quarter.
__device__ __forceinline__ int64_t remainder_of(int64_t i, int64_t n) {
  if (i <= INT32_MAX && n <= INT32_MAX) return static_cast<int64_t>(static_cast<uint32_t>(i) % static_cast<uint32_t>(n));
  return i % n;
}
#endif

// The smallest power of two that is at least n, within [1, most].
inline int power_of_two(int64_t n, int most) {
  int p = 1;
  while (p < n && p < most) p *= 2;
  return p;
}

}  // namespace hebb
