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

template <typename T>
struct ScoreLanes {
  T lane[kVectorLanes<T>];
};

// The scores from x to x + count, of which at most a vector is read.
template <typename T>
inline ScoreLanes<T> read_scores(const T* x, int64_t count) {
  ScoreLanes<T> v;
  if (count >= kVectorLanes<T>) {
    std::memcpy(&v, x, sizeof v);
  } else {
    for (int i = 0; i < kVectorLanes<T>; ++i) v.lane[i] = -std::numeric_limits<T>::infinity();
    copy_few(x, v.lane, count);
  }
  return v;
}

template <typename T>
inline void write_scores(T* y, const ScoreLanes<T>& v, int64_t count) {
  if (count >= kVectorLanes<T>)
    std::memcpy(y, &v, sizeof v);
  else
    copy_few(v.lane, y, count);
}

// NaN is passed over here: the exponential of NaN makes the whole row NaN anyway.
template <typename T>
inline T row_max(const T* x, int64_t n) {
  constexpr int lanes = kVectorLanes<T>;
  ScoreLanes<T> best = read_scores(x, n);
  for (int64_t r = lanes; r < n; r += lanes) {
    const ScoreLanes<T> v = read_scores(x + r, n - r);
    for (int i = 0; i < lanes; ++i) best.lane[i] = best.lane[i] > v.lane[i] ? best.lane[i] : v.lane[i];
  }
  T m = -std::numeric_limits<T>::infinity();
  for (int i = 0; i < lanes; ++i) m = best.lane[i] > m ? best.lane[i] : m;
  return m;
}

template <typename T>
inline T sum_of(const ScoreLanes<T>& v) {
  Vector<T> sum;
  std::memcpy(&sum, &v, sizeof sum);
  return sum_lanes<T>(sum);
}

// The sum of exp(x - shift); `keep(r, e, count)` sees the exponentials of each vector.
template <typename T, typename Keep>
inline T row_exp(const T* x, int64_t n, T shift, const Keep& keep) {
  constexpr int lanes = kVectorLanes<T>;
  ScoreLanes<T> sum = {};
  for (int64_t r = 0; r < n; r += lanes) {
    ScoreLanes<T> e = read_scores(x + r, n - r);
    for (int i = 0; i < lanes; ++i) {
      e.lane[i] = math::exp(e.lane[i] - shift);
      sum.lane[i] += e.lane[i];
    }
    keep(r, e, n - r);
  }
  return sum_of(sum);
}

// A row's softmax.
template <typename T>
inline void softmax_row(const T* x, int64_t n, T* y) {
  const T total =
      row_exp(x, n, row_max(x, n), [&](int64_t r, const ScoreLanes<T>& e, int64_t left) { write_scores(y + r, e, left); });
  const T scale = 1 / total;
  for (int64_t r = 0; r < n; ++r) y[r] *= scale;
}

// The maximum of a row and the logarithm of the sum of exponentials above it.
template <typename T>
inline void row_log_sum(const T* x, int64_t n, T* max, T* log_sum) {
  *max = row_max(x, n);
  *log_sum = math::log(row_exp(x, n, *max, [](int64_t, const ScoreLanes<T>&, int64_t) {}));
}

// Rows per chunk: enough exponentials to be worth a thread.
inline int64_t score_rows(int64_t row) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, row)); }

}  // namespace hebb
