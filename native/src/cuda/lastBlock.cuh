// The block of a group that ends last goes on with what all of them wrote, which saves the launch of a second kernel.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "cuda/launch.cuh"

namespace hebb {

// Counters of groups of blocks, which are zero before a launch and after it. Launches that may run side by side, in branches of a
// recording, get different ones. Null where there are no more.
unsigned* block_counters(int64_t count);

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Whether this block is the last of so many to come here. What the others wrote before is then to be read by load_written().
__device__ inline bool is_last_block(const Place& at, unsigned* counter, unsigned blocks) {
  HEBB_SHARED(unsigned, before);
  __threadfence();
  __syncthreads();
  // Back to zero with the last.
  if (at.x == 0 && at.y == 0 && at.z == 0) before = atomicInc(counter, blocks - 1);
  __syncthreads();
  __threadfence();
  return before == blocks - 1;
}

// Not from the multiprocessor's own cache, which may hold what was there before a neighbour was written.
template <typename T>
__device__ __forceinline__ T load_written(const T* at) {
  using Word = std::conditional_t<sizeof(T) % sizeof(unsigned) == 0, unsigned, unsigned char>;
  constexpr size_t count = sizeof(T) / sizeof(Word);
  Word words[count];
  for (size_t i = 0; i < count; ++i) words[i] = __ldcg(reinterpret_cast<const Word*>(at) + i);
  T made;
  std::memcpy(&made, words, sizeof made);
  return made;
}
#endif

}  // namespace hebb
