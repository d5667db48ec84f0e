// Reducing the middle of [outer, length, inner]: fixed trees without atomics, so that which elements meet in which order depends
// on the shape alone.
#pragma once

#include "cpu/dtype.h"
#include "cuda/lastBlock.cuh"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "ops/reduce.h"

namespace hebb {

// How threads lie over the problem: x over columns, y over rows that are combined, z over outer.
struct ReducePlan {
  int64_t outer, length, inner;
  int tx, ty, tz;
  int64_t tiles, rows, shares;  // column tiles; rows per share; shares of the length, whose totals are combined at the end

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
  // Blocks that have the same columns.
  int64_t groups() const { return grid() / shares; }
  // Of one thread that does all blocks: what it loads, and the levels of the tree.
  int64_t turns() const {
    int64_t levels = 0;
    while (ty >> levels > 1) ++levels;
    return grid() * ((rows + ty - 1) / ty + levels);
  }
};

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Where a thread's column is.
struct ReduceColumn {
  int64_t share, group, i, o;
  bool mine;
  __device__ ReduceColumn(const ReducePlan& p, const Place& at)
      : share(at.block % p.shares),
        group(at.block / p.shares),
        i(group % p.tiles * p.tx + at.x),
        o(group / p.tiles * p.tz + at.z),
        mine(i < p.inner && o < p.outer && static_cast<int>(at.z) < p.tz) {}
};
#endif

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
    const ReduceColumn column(p, place);
    const int64_t first = column.share * p.rows, last = first + p.rows < p.length ? first + p.rows : p.length;
    Total total = Op::identity();
    if (column.mine)
      for (int64_t r = first + place.y; r < last; r += p.ty) total = Op::combine(total, load(column.o, r, column.i));
    const int at = (place.z * p.ty + place.y) * p.tx + place.x;
    totals[at] = total;
    __syncthreads();
    for (int half = p.ty / 2; half > 0; half /= 2) {
      if (static_cast<int>(place.y) < half) totals[at] = Op::combine(totals[at], totals[at + half * p.tx]);
      __syncthreads();
    }
    if (column.mine && place.y == 0) put(column.o, column.i, column.share, totals[at]);
  }
#endif
};

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Of the shares of one column, in their order.
template <typename Op>
__device__ typename Op::total combine_shares(const typename Op::total* parts, int64_t shares) {
  typename Op::total total = Op::identity();
  for (int64_t share = 0; share < shares; ++share) total = Op::combine(total, load_written(parts + share));
  return total;
}
#endif

// Where there are no counters.
template <typename Op, typename Put>
__global__ void reduce_shares(const typename Op::total* parts, int64_t n, int64_t inner, int64_t shares, Put put) {
  begin_kernel();
  for_elements(n, [&](int64_t at) {
    put(at / inner, at % inner, 0, combine_shares<Op>(parts + at * shares, shares));
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

// In shares, of which the block that ends last combines what all have made.
template <typename Op, typename Load, typename Put>
struct ReduceInShares {
  using Total = typename Op::total;
  ReduceTree<Op, Load, PutPart<Total>> tree;
  Put put;
  unsigned* ended;  // blocks of a group

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
  __device__ void operator()(const Place& place) const {
    tree(place);
    const ReducePlan& p = tree.p;
    const ReduceColumn column(p, place);
    if (!is_last_block(place, ended + column.group, static_cast<unsigned>(p.shares)) || !column.mine || place.y != 0) return;
    put(column.o, column.i, 0, combine_shares<Op>(tree.put.parts + (column.o * p.inner + column.i) * p.shares, p.shares));
  }
#endif
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
  const ReduceTree<Op, Load, PutPart<Total>> tree = {plan, load, put_part};
  if (unsigned* const ended = block_counters(plan.groups())) {
    launch_body(ReduceInShares<Op, Load, Put>{tree, put, ended}, plan.grid(), plan.block(), plan.turns());
    return check_launch("a reduction");
  }
  launch_body(tree, plan.grid(), plan.block(), plan.turns());
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
