// Kernels whose blocks all run at the same time and can wait for each other, with shared memory whose size is known when they are launched.
#pragma once

#include <cooperative_groups.h>

#include <tuple>

#include "cpu/dtype.h"
#include "cuda/launch.cuh"

namespace hebb {

#if !defined(HEBB_EMULATED)
#define HEBB_DYNAMIC_SHARED(type, name)             \
  extern __shared__ float4 hebb_dynamic_shared[]; \
  type* name = reinterpret_cast<type*>(hebb_dynamic_shared)

template <typename... Parameters, typename... Args>
void launch_together(void (*kernel)(Parameters...), unsigned grid, int threads, size_t shared, Args... args) {
  std::tuple<Parameters...> parameters(args...);
  std::apply(
      [&](auto&... each) {
        void* pointers[] = {&each...};
        check_cuda(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(kernel), dim3(grid), dim3(threads), pointers, shared,
                                               stream()),
                   "launching blocks together");
      },
      parameters);
}
// Runs a kernel over blocks that run_together() takes.
#define HEBB_LAUNCH_TOGETHER(kernel, grid, threads, shared, ...) launch_together(kernel, grid, threads, shared, __VA_ARGS__)
#endif

// Whether this GPU runs so many blocks at the same time.
template <typename Kernel>
bool run_together(Kernel* kernel, unsigned grid, int threads, size_t shared) {
  const auto allow = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                                          static_cast<int>(shared));
  int each = 0;
  const bool known = allow == cudaSuccess &&
                     cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, threads, shared) == cudaSuccess;
  if (!known) cudaGetLastError();  // no error of a later launch
  return known && grid <= static_cast<unsigned>(each * device().multiprocessors);
}

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Waits for all blocks, and sees what they wrote: by load_fresh(), since nearer caches may hold what was there before.
__device__ inline void meet_grid() { cooperative_groups::this_grid().sync(); }

template <typename E>
__device__ __forceinline__ E load_fresh(const E* at) {
  if constexpr (kIsHalf<E>) {
    E x;
    x.bits = __ldcg(reinterpret_cast<const unsigned short*>(at));
    return x;
  } else {
    return __ldcg(at);
  }
}
#endif

}  // namespace hebb
