// The first thing that a kernel does. In a recording the next kernel may be launched while the one before it still runs (cuda/early.h):
// it waits here until that has ended and all can see what it wrote, and lets the one after it be launched ("PTX ISA",
// griddepcontrol). Elsewhere there is nothing to wait for.
#pragma once

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
__device__ __forceinline__ void begin_kernel() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}
#elif defined(HEBB_EMULATED)
#include <cuda_runtime.h>

inline void begin_kernel() { emulated::begin_kernel(); }
#endif
