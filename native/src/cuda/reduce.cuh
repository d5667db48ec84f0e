// Reducing the middle of [outer, length, inner]: fixed trees without atomics, so that which elements meet in which order depends
// on the shape alone.
#pragma once

#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "ops/reduce.h"

namespace hebb {

// How threads lie over the problem: x over columns, y over rows that are combined, z over outer.
struct ReducePlan {
  int64_t outer, length, inner;
  int tx, ty, tz;
  int64_t tiles, rows, shares;  // column tiles; rows per share; shares of the length, combined by a second launch

  ReducePlan(int64_t o, int64_t l, int64_t i) : outer(o), length(l), inner(i) {
    tx = power_of_two(inner, 32);
    ty = power_of_two(length, kThreads / tx);
    tz = kThreads / (tx * ty);
    if (tz > 64) tz = 64;
    tiles = (inner + tx - 1) / tx;
    const int64_t groups = (outer + tz - 1) / tz * tiles;
    // A share is at least 16 turns of the threads; more than 512 blocks fill every GPU.
    const int64_t wanted = groups < 512 ? (512 + groups - 1) / groups : 1;
    const int64_t most = (length + 16 * ty - 1) / (16 * ty);
    shares = wanted < most ? wanted : most;
    if (shares < 1) shares = 1;
    rows = (length + shares - 1) / shares;
  }
  dim3 block() const { return dim3(tx, ty, tz); }
  unsigned grid() const { return exact_grid((outer + tz - 1) / tz * tiles * shares); }
  // Of one thread that does all blocks: what it loads, and the levels of the tree.
  int64_t turns() const {
    int64_t levels = 0;
    while (ty >> levels > 1) ++levels;
    return grid() * ((rows + ty - 1) / ty + levels);
  }
};

// Load(o, r, i) gives what is combined; put(o, i, share, total) takes the result.
template <typename Op, typename Load, typename Put>
struct ReduceTree {
  ReducePlan p;
  Load load;
  Put put;

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
  __device__ void operator()(const Place& place) const {
    using Total = typename Op::total;
    HEBB_SHARED(Total, totals, [kThreads]);
    const int64_t share = place.block % p.shares, rest = place.block / p.shares;
    const int64_t i = rest % p.tiles * p.tx + place.x, o = rest / p.tiles * p.tz + place.z;
    const bool mine = i < p.inner && o < p.outer && static_cast<int>(place.z) < p.tz;
    const int64_t first = share * p.rows, last = first + p.rows < p.length ? first + p.rows : p.length;
    Total total = Op::identity();
    if (mine)
      for (int64_t r = first + place.y; r < last; r += p.ty) total = Op::combine(total, load(o, r, i));
    const int at = (place.z * p.ty + place.y) * p.tx + place.x;
    totals[at] = total;
    __syncthreads();
    for (int half = p.ty / 2; half > 0; half /= 2) {
      if (static_cast<int>(place.y) < half) totals[at] = Op::combine(totals[at], totals[at + half * p.tx]);
      __syncthreads();
    }
    if (mine && place.y == 0) put(o, i, share, totals[at]);
  }
#endif
};

template <typename Op, typename Put>
__global__ void reduce_shares(const typename Op::total* parts, int64_t n, int64_t inner, int64_t shares, Put put) {
  begin_kernel();
  for_elements(n, [&](int64_t at) {
    typename Op::total total = Op::identity();
    for (int64_t share = 0; share < shares; ++share) total = Op::combine(total, parts[at * shares + share]);
    put(at / inner, at % inner, 0, total);
  });
}

template <typename Total>
struct PutPart {
  Total* parts;
  int64_t inner, shares;
  __device__ void operator()(int64_t o, int64_t i, int64_t share, const Total& total) const {
    parts[(o * inner + i) * shares + share] = total;
  }
};

// put(o, i, 0, total) with the total of load(o, 0 … length-1, i), for every o and i. Op has total, identity() and combine(total,
// x), where x is what load gives or another total.
template <typename Op, typename Load, typename Put>
void reduce_with(int64_t outer, int64_t length, int64_t inner, const Load& load, const Put& put) {
  if (outer == 0 || inner == 0) return;
  const ReducePlan plan(outer, length, inner);
  if (plan.shares == 1) {
    launch_body(ReduceTree<Op, Load, Put>{plan, load, put}, plan.grid(), plan.block(), plan.turns());
    return check_launch("a reduction");
  }
  using Total = typename Op::total;
  const Scratch parts(static_cast<uint64_t>(outer * inner * plan.shares) * sizeof(Total));
  const PutPart<Total> put_part = {parts.as<Total>(), inner, plan.shares};
  launch_body(ReduceTree<Op, Load, PutPart<Total>>{plan, load, put_part}, plan.grid(), plan.block(), plan.turns());
  check_launch("a reduction");
  const int64_t n = outer * inner;
  HEBB_LAUNCH(reduce_shares<Op>, grid_for(n), kThreads, parts.as<Total>(), n, inner, plan.shares, put);
  check_launch("the end of a reduction");
}

// The operations of ops/reduce.h, whose identity is a constant.
template <typename Op>
struct WithIdentity {
  using total = typename Op::total;
  static __device__ total identity() { return static_cast<total>(Op::identity); }
  template <typename X>
  static __device__ total combine(total a, X x) {
    return Op::combine(a, x);
  }
};

template <typename T>
struct LoadElement {
  const T* x;
  int64_t length, inner;
  __device__ Wide<T> operator()(int64_t o, int64_t r, int64_t i) const { return widened(x[(o * length + r) * inner + i]); }
};

template <typename Out, typename Finish>
struct PutFinished {
  Out* y;
  int64_t inner;
  Finish finish;
  template <typename Total>
  __device__ void operator()(int64_t o, int64_t i, int64_t, const Total& total) const {
    y[o * inner + i] = finish(total);
  }
};

// What a block with other small launches does.
template <typename Finish>
using SmallSum = ReduceTree<WithIdentity<SumOf<float>>, LoadElement<float>, PutFinished<float, Finish>>;
template <>
inline constexpr int kSmall<SmallSum<As<float>>> = static_cast<int>(Small::kSum);
template <>
inline constexpr int kSmall<SmallSum<Share<float>>> = static_cast<int>(Small::kMean);

// y[o, i] = finish(x[o, 0, i] … x[o, length-1, i]).
template <typename Op, typename Out, typename Finish>
void reduce_all(const typename Op::element* x, Out* y, int64_t outer, int64_t length, int64_t inner, const Finish& finish) {
  const LoadElement<typename Op::element> load = {x, length, inner};
  const PutFinished<Out, Finish> put = {y, inner, finish};
  reduce_with<WithIdentity<Op>>(outer, length, inner, load, put);
}

// Two sums side by side, in float64.
struct Pair {
  double first, second;
};
struct PairSum {
  using total = Pair;
  static __device__ Pair identity() { return {0, 0}; }
  static __device__ Pair combine(const Pair& a, const Pair& b) { return {a.first + b.first, a.second + b.second}; }
};

}  // namespace hebb
