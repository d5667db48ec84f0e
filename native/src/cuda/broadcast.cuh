// Elementwise loops over a broadcast: each thread works out from where its element comes.
#pragma once

#include "cpu/broadcastPlan.h"
#include "cuda/map.cuh"

namespace hebb {

// Offsets in every input of element `at` of the output. Index is 32 bits where the output has fewer elements: division costs
// less.
template <typename Index>
__device__ __forceinline__ void broadcast_offsets(const Broadcast& plan, Index at, int64_t (&offsets)[kMaxBroadcast]) {
  for (int k = 0; k < kMaxBroadcast; ++k) offsets[k] = 0;
  for (int d = 0; d < plan.rank; ++d) {
    const Index size = static_cast<Index>(plan.dims[d]);
    const Index index = d + 1 < plan.rank ? at % size : at;
    at /= size;
    for (int k = 0; k < plan.inputs; ++k) offsets[k] += static_cast<int64_t>(index) * plan.strides[k][d];
  }
}

template <typename Index, typename Out, typename In, typename Op>
__global__ void broadcast_two(Broadcast plan, Out* y, const In* a, const In* b, int64_t n, Op op) {
  begin_kernel();
  for_elements(n, [&](int64_t i) {
    int64_t from[kMaxBroadcast];
    broadcast_offsets(plan, static_cast<Index>(i), from);
    y[i] = op(widened(a[from[0]]), widened(b[from[1]]));
  });
}

// y = op(a, b) over a broadcast.
template <typename Out, typename In, typename Op>
void broadcast_map(const Broadcast& plan, Out* y, const In* a, const In* b, const Op& op) {
  const int64_t n = plan.rows() * plan.dims[0];
  if (n == 0) return;
  if (plan.rank == 1 && plan.strides[0][0] == 1 && plan.strides[1][0] == 1) return map(y, a, b, n, op);
  // Numbers that meet arrays.
  const auto period = [&](int k) { return plan.strides[k][0] == 0 ? 1 : n; };
  if (plan.rank == 1 && gather_map<Op>(y, n, a, b, {period(0), period(1)})) return;
  if (n <= INT32_MAX)
    HEBB_LAUNCH(broadcast_two<uint32_t>, grid_for(n), kThreads, plan, y, a, b, n, op);
  else
    HEBB_LAUNCH(broadcast_two<uint64_t>, grid_for(n), kThreads, plan, y, a, b, n, op);
  check_launch("a broadcasting kernel");
}

}  // namespace hebb
