#include "cuda/broadcast.cuh"

namespace hebb {
namespace {

template <typename Index, typename T>
__global__ void select_elements(Broadcast plan, T* y, const uint8_t* c, const T* a, const T* b, int64_t n) {
  begin_kernel();
  for_elements(n, [&](int64_t i) {
    int64_t from[kMaxBroadcast];
    broadcast_offsets(plan, static_cast<Index>(i), from);
    y[i] = c[from[0]] != 0 ? a[from[1]] : b[from[2]];
  });
}

template <typename T>
void select(const Broadcast& plan, T* y, const uint8_t* c, const T* a, const T* b) {
  const int64_t n = plan.rows() * plan.dims[0];
  if (n <= INT32_MAX)
    HEBB_LAUNCH(select_elements<uint32_t>, grid_for(n), kThreads, plan, y, c, a, b, n);
  else
    HEBB_LAUNCH(select_elements<uint64_t>, grid_for(n), kThreads, plan, y, c, a, b, n);
  check_launch("where");
}

}  // namespace
}  // namespace hebb

#include "ops/where.kernels.h"
