// Where a thread stands: in a launch, or in a block that does what several launches would (cuda/oneBlock.h).
#pragma once

#include <cstdint>

#include "math/hostDevice.h"

namespace hebb {

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
struct Place {
  unsigned x, y, z;                // of the thread in its block
  unsigned width, height, depth;  // of blocks
  unsigned block, blocks;
};

__device__ __forceinline__ Place here() {
  return {threadIdx.x, threadIdx.y, threadIdx.z, blockDim.x, blockDim.y, blockDim.z, blockIdx.x, gridDim.x};
}

// Calls body(i) for a thread's share of [0, n), where blocks have one dimension.
template <typename Body>
__device__ __forceinline__ void for_elements(const Place& at, int64_t n, const Body& body) {
  const int64_t step = static_cast<int64_t>(at.blocks) * at.width;
  for (int64_t i = static_cast<int64_t>(at.block) * at.width + at.x; i < n; i += step) body(i);
}
template <typename Body>
__device__ __forceinline__ void for_elements(int64_t n, const Body& body) {
  for_elements(here(), n, body);
}
#endif

}  // namespace hebb
