#include "cuda/fusedSource.h"
#include "cuda/launch.cuh"
#include "cuda/rtc.h"

namespace hebb {

bool run_compiled(const DeviceProgram& program, int dtype) {
  const RtcKernel* kernel = rtc_kernel(fused_source(program, dtype), kFusedName);
  if (kernel == nullptr) return false;
  rtc_launch(*kernel, grid_for(fused_threads(program)), fused_argument(program));
  return true;
}

}  // namespace hebb
