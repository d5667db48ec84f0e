// Elementwise loops over contiguous arrays; the op sees 16-bit floats as float. An output may be exactly one of its inputs:
// element i is read before it is written.
#pragma once

#include "cpu/dtype.h"
#include "cuda/launch.cuh"

namespace hebb {

template <typename Out, typename In, typename Op>
__global__ void map_one(Out* y, const In* x, int64_t n, Op op) {
  for_elements(n, [&](int64_t i) { y[i] = op(widened(x[i])); });
}

template <typename Out, typename A, typename B, typename Op>
__global__ void map_two(Out* y, const A* a, const B* b, int64_t n, Op op) {
  for_elements(n, [&](int64_t i) { y[i] = op(widened(a[i]), widened(b[i])); });
}

template <typename Out, typename Op>
__global__ void map_from_place(Out* y, int64_t n, Op op) {
  for_elements(n, [&](int64_t i) { y[i] = op(i); });
}

// y[i] = op(x[i]).
template <typename Out, typename In, typename Op>
void map(Out* y, const In* x, int64_t n, const Op& op) {
  if (n == 0) return;
  HEBB_LAUNCH(map_one, grid_for(n), kThreads, y, x, n, op);
  check_launch("an elementwise kernel");
}

// y[i] = op(a[i], b[i]).
template <typename Out, typename A, typename B, typename Op>
void map(Out* y, const A* a, const B* b, int64_t n, const Op& op) {
  if (n == 0) return;
  HEBB_LAUNCH(map_two, grid_for(n), kThreads, y, a, b, n, op);
  check_launch("an elementwise kernel");
}

// y[i] = op(i).
template <typename Out, typename Op>
void map_places(Out* y, int64_t n, const Op& op) {
  if (n == 0) return;
  HEBB_LAUNCH(map_from_place, grid_for(n), kThreads, y, n, op);
  check_launch("an elementwise kernel");
}

}  // namespace hebb
