// softmaxCrossEntropy and its gradient: a group of threads for each row of scores. A label out of range is reported and taken for
// none. E is the type of the scores, T that of the arithmetic and of what belongs to a row.
#pragma once

#include <limits>

#include "cuda/fault.h"
#include "cuda/rows.cuh"
#include "math/exp.h"
#include "math/log.h"
#include "ops/softmaxCrossEntropy.h"

namespace hebb {

// The row's label, or -1 for one that is out of range.
template <typename K>
__device__ int64_t label_of(const Place& at, const K* labels, int64_t row, const RowPlan& plan, int64_t classes,
                            const FaultSite& fault) {
  if (row >= plan.rows) return -1;
  const int64_t label = static_cast<int64_t>(labels[row]);
  if (label >= 0 && label < classes) return label;
  if (at.x == 0) fault.report(label, row);
  return -1;
}

template <typename T>
struct RowExp {
  T max, sum;
};

template <typename E, typename T = Wide<E>>
__device__ RowExp<T> row_exp(const Place& at, const E* x, int64_t count) {
  const T max = row_reduce<T>(
      at, count, -std::numeric_limits<T>::infinity(), [&](int64_t c) { return widened(x[c]); }, Larger{});
  return {max, row_reduce<T>(
                   at, count, T{0}, [&](int64_t c) { return math::exp(widened(x[c]) - max); }, AddUp{})};
}

template <typename K, typename E, typename T = Wide<E>>
struct Losses {
  RowPlan plan;
  const E* xs;
  const K* labels;
  T* loss;
  ScoreRows s;
  FaultSite fault;

  __device__ void operator()(const Place& at) const {
    const int64_t row = my_row(at), count = row < plan.rows ? s.classes : 0;
    const E* x = xs + row * s.stride;
    const int64_t label = label_of(at, labels, row, plan, s.classes, fault);
    const RowExp<T> e = row_exp(at, x, count);
    if (row < plan.rows && at.x == 0) loss[row] = label < 0 ? T{0} : math::log(e.sum) + (e.max - widened(x[label]));
  }
};

template <typename K, typename E, typename T = Wide<E>>
struct LossGradients {
  RowPlan plan;
  const T* g;
  const E* xs;
  const K* labels;
  E* dxs;
  ScoreRows s;
  FaultSite fault;

  __device__ void operator()(const Place& at) const {
    const int64_t row = my_row(at), count = row < plan.rows ? s.classes : 0;
    const E* x = xs + row * s.stride;
    E* dx = dxs + row * s.stride;
    const int64_t label = label_of(at, labels, row, plan, s.classes, fault);
    const RowExp<T> e = row_exp(at, x, count);
    const T scale = 1 / e.sum;
    for (int64_t c = at.x; c < count; c += at.width)
      dx[c] = (math::exp(widened(x[c]) - e.max) * scale - (c == label ? T{1} : T{0})) * g[row];
    if (row < plan.rows)
      for (int64_t c = s.classes + at.x; c < s.stride; c += at.width) dx[c] = T{0};
  }
};

// In a block with other small launches.
#define HEBB_SMALL_LOSS(K, name)                                                          \
  template <>                                                                             \
  inline constexpr int kSmall<Losses<K, float>> = static_cast<int>(Small::kLossOf##name); \
  template <>                                                                             \
  inline constexpr int kSmall<LossGradients<K, float>> = static_cast<int>(Small::kLossGradOf##name)
HEBB_SMALL_LOSS(int32_t, Int32);
HEBB_SMALL_LOSS(int64_t, Int64);
HEBB_SMALL_LOSS(uint8_t, Uint8);
#undef HEBB_SMALL_LOSS

}  // namespace hebb
