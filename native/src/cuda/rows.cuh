// Kernels that give each row to a group of threads: x within a row, y over rows. Totals come from a fixed tree.
#pragma once

#include "cuda/launch.cuh"

namespace hebb {

struct RowPlan {
  int tx, ty;
  int64_t rows;
  RowPlan(int64_t rows, int64_t width) : tx(power_of_two(width, kThreads)), ty(kThreads / tx), rows(rows) {}
  dim3 block() const { return dim3(tx, ty); }
  unsigned grid() const { return exact_grid((rows + ty - 1) / ty); }
  // Of one thread that does all blocks, for `passes` over rows of this width with a total each.
  int64_t turns(int64_t width, int64_t passes) const {
    int64_t levels = 0;
    while (tx >> levels > 1) ++levels;
    return grid() * passes * ((width + tx - 1) / tx + levels);
  }
};

__device__ __forceinline__ int64_t my_row(const Place& at) { return static_cast<int64_t>(at.block) * at.height + at.y; }

struct AddUp {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

// The group's total, given to all of its threads. Every thread of the block must come here.
template <typename T, typename Op>
__device__ T row_total(const Place& at, T value, const Op& op) {
  HEBB_SHARED(T, values, [kThreads]);
  T* mine = values + at.y * at.width;
  __syncthreads();
  mine[at.x] = value;
  __syncthreads();
  for (unsigned half = at.width / 2; half > 0; half /= 2) {
    if (at.x < half) mine[at.x] = op(mine[at.x], mine[at.x + half]);
    __syncthreads();
  }
  return mine[0];
}

// The total of term(i) for i < n.
template <typename T, typename Term, typename Op>
__device__ T row_reduce(const Place& at, int64_t n, T start, const Term& term, const Op& op) {
  T value = start;
  for (int64_t i = at.x; i < n; i += at.width) value = op(value, static_cast<T>(term(i)));
  return row_total(at, value, op);
}

}  // namespace hebb
