// Launching kernels: all on the engine's stream. How elements are dealt to threads never changes a result.
#pragma once

#include <cstdint>

#include "cuda/beginKernel.cuh"
#include "cuda/capture.h"
#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/oneBlock.h"
#include "cuda/place.cuh"
#include "math/hostDevice.h"

namespace hebb {

constexpr int kThreads = 256;

// Macros, so that native/test/emulated can run kernels on the CPU.
#if !defined(HEBB_EMULATED)
// Runs a kernel, which begins with begin_kernel(), over a grid of blocks.
#define HEBB_LAUNCH(kernel, grid, block, ...) (kernel<<<(grid), (block), 0, stream()>>>(__VA_ARGS__), note_kernel())
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
// What a kernel does, as a function of where the thread stands.
template <typename Body>
__global__ void run_body(const __grid_constant__ Body body) {
  begin_kernel();
  body(here());
}

// Runs a body over a grid of blocks, or gathers it with other small ones. `turns`: as SmallShape has them, for all blocks.
template <typename Body>
void launch_body(const Body& body, unsigned grid, const dim3& block, int64_t turns) {
  if constexpr (kSmall<Body> >= 0)
    if (gather(static_cast<Small>(kSmall<Body>), &body, sizeof body, {0, block.x, block.y, block.z, grid, turns})) return;
  HEBB_LAUNCH(run_body<Body>, grid, block, body);
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
