// What softmax, its logarithm and the cross entropy share: a row of contiguous scores, a vector at a time. The scores past the
// end of the last vector are taken as -infinity, which changes neither a maximum nor a sum of exponentials.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "cpu/simd.h"
#include "math/exp.h"
#include "math/log.h"

namespace hebb {

// 0, 1, 2, ...
template <typename T>
inline Vector<T> lane_numbers() {
  Vector<T> v;
  for (int i = 0; i < kVectorLanes<T>; ++i) v[i] = static_cast<T>(i);
  return v;
}

// The scores from x on, of which `count` are real.
template <typename T>
inline Vector<T> read_scores(const T* x, int64_t count) {
  if (count >= kVectorLanes<T>) return load(x);
  const Vector<T> none = broadcast(-std::numeric_limits<T>::infinity());
  return lane_numbers<T>() < broadcast(static_cast<T>(count)) ? load_part(x, count) : none;
}

template <typename T>
inline void write_scores(T* y, const Vector<T>& v, int64_t count) {
  if (count >= kVectorLanes<T>)
    store(y, v);
  else
    store_part(y, v, count);
}

template <typename T>
inline Vector<T> larger(const Vector<T>& a, const Vector<T>& b) {
  return a > b ? a : b;
}

// Four sums or maxima at a time, so that one need not wait for the other.
constexpr int kScoreChains = 4;

// NaN may be passed over here: the exponential of NaN makes the whole row NaN anyway.
template <typename T>
inline T row_max(const T* x, int64_t n) {
  constexpr int lanes = kVectorLanes<T>;
  Vector<T> best = read_scores(x, n), chain[kScoreChains] = {best, best, best, best};
  int64_t r = lanes;
  for (; r + kScoreChains * lanes <= n; r += kScoreChains * lanes)
    for (int c = 0; c < kScoreChains; ++c) chain[c] = larger<T>(chain[c], load(x + r + c * lanes));
  for (; r < n; r += lanes) best = larger<T>(best, read_scores(x + r, n - r));
  for (int c = 0; c < kScoreChains; ++c) best = larger<T>(best, chain[c]);
  T m = best[0];
  for (int i = 1; i < lanes; ++i) m = m > best[i] ? m : best[i];
  return m;
}

// exp of a vector: written as a loop over lanes, which the compiler turns back into vectors.
template <typename T>
inline Vector<T> exp_lanes(const Vector<T>& x) {
  T lane[kVectorLanes<T>];
  store(lane, x);
#pragma GCC unroll 1
  for (int i = 0; i < kVectorLanes<T>; ++i) lane[i] = math::exp(lane[i]);
  return load(lane);
}

// The sum of exp(x - shift); `keep(r, e, count)` sees the exponentials of each vector.
template <typename T, typename Keep>
inline T row_exp(const T* x, int64_t n, T shift, const Keep& keep) {
  constexpr int lanes = kVectorLanes<T>;
  const Vector<T> shifts = broadcast(shift);
  Vector<T> sum = {};
  for (int64_t r = 0; r < n; r += lanes) {
    const Vector<T> e = exp_lanes<T>(read_scores(x + r, n - r) - shifts);
    sum += e;
    keep(r, e, n - r);
  }
  return sum_lanes<T>(sum);
}

// A row's softmax.
template <typename T>
inline void softmax_row(const T* x, int64_t n, T* y) {
  const T total =
      row_exp(x, n, row_max(x, n), [&](int64_t r, const Vector<T>& e, int64_t left) { write_scores(y + r, e, left); });
  const T scale = 1 / total;
  for (int64_t r = 0; r < n; ++r) y[r] *= scale;
}

// The maximum of a row and the logarithm of the sum of exponentials above it.
template <typename T>
inline void row_log_sum(const T* x, int64_t n, T* max, T* log_sum) {
  *max = row_max(x, n);
  *log_sum = math::log(row_exp(x, n, *max, [](int64_t, const Vector<T>&, int64_t) {}));
}

// Rows per chunk: enough exponentials to be worth a thread.
inline int64_t score_rows(int64_t row) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, row)); }

}  // namespace hebb
