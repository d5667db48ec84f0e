// Elementwise loops over contiguous arrays; the op sees 16-bit floats as float. An output may be exactly one of its inputs:
// element i is read before it is written.
#pragma once

#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "cuda/pack.cuh"
#include "ops/fusedDevice.cuda.h"

namespace hebb {

// 16-bit floats are taken several at a time: alone they would use half of each access to memory.
template <typename... T>
constexpr int map_pack() {
  return (kIsHalf<T> || ...) ? pack_size<T...>() : 1;
}

// The first `packed` elements in packs of N, the others one by one.
template <int N, typename Out, typename In, typename Op>
__global__ void map_one(Out* y, const In* x, int64_t n, int64_t packed, Op op) {
  begin_kernel();
  if constexpr (N > 1)
    for_elements(packed / N, [&](int64_t i) {
      const Pack<In, N> from = read_pack<N>(x, i);
      Pack<Out, N> to;
      for (int k = 0; k < N; ++k) to.at[k] = op(widened(from.at[k]));
      write_pack(y, i, to);
    });
  for_elements(n - packed, [&](int64_t i) { y[packed + i] = op(widened(x[packed + i])); });
}

template <int N, typename Out, typename A, typename B, typename Op>
__global__ void map_two(Out* y, const A* a, const B* b, int64_t n, int64_t packed, Op op) {
  begin_kernel();
  if constexpr (N > 1)
    for_elements(packed / N, [&](int64_t i) {
      const Pack<A, N> first = read_pack<N>(a, i);
      const Pack<B, N> second = read_pack<N>(b, i);
      Pack<Out, N> to;
      for (int k = 0; k < N; ++k) to.at[k] = op(widened(first.at[k]), widened(second.at[k]));
      write_pack(y, i, to);
    });
  for_elements(n - packed, [&](int64_t i) { y[packed + i] = op(widened(a[packed + i]), widened(b[packed + i])); });
}

template <typename Out, typename Op>
__global__ void map_from_place(Out* y, int64_t n, Op op) {
  begin_kernel();
  for_elements(n, [&](int64_t i) { y[i] = op(i); });
}

// Whether this went into a block of small launches (cuda/oneBlock.h), as an instruction of `fused`.
template <typename Op, typename Out, typename A, typename B>
bool gather_map(Out* y, int64_t n, const A* a, const B* b, const int64_t (&periods)[2]) {
  constexpr int step = step_of<Op>();
  if constexpr (step >= 0 && std::is_same_v<Out, float> && std::is_same_v<A, float> && std::is_same_v<B, float>)
    return gather_step(step, y, n, a, b, periods);
  else
    return false;
}

// y[i] = op(x[i]).
template <typename Out, typename In, typename Op>
void map(Out* y, const In* x, int64_t n, const Op& op) {
  if (n == 0 || gather_map<Op>(y, n, x, x, {n, n})) return;
  constexpr int N = map_pack<Out, In>();
  const int64_t packed = N > 1 && starts_pack<N>(y) && starts_pack<N>(x) ? n / N * N : 0;
  HEBB_LAUNCH(map_one<N>, grid_for(packed > 0 ? n / N : n), kThreads, y, x, n, packed, op);
  check_launch("an elementwise kernel");
}

// y[i] = op(a[i], b[i]).
template <typename Out, typename A, typename B, typename Op>
void map(Out* y, const A* a, const B* b, int64_t n, const Op& op) {
  if (n == 0 || gather_map<Op>(y, n, a, b, {n, n})) return;
  constexpr int N = map_pack<Out, A, B>();
  const int64_t packed = N > 1 && starts_pack<N>(y) && starts_pack<N>(a) && starts_pack<N>(b) ? n / N * N : 0;
  HEBB_LAUNCH(map_two<N>, grid_for(packed > 0 ? n / N : n), kThreads, y, a, b, n, packed, op);
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
