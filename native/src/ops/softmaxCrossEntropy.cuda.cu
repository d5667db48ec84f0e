// softmaxCrossEntropy and its gradient: a group of threads for each row of scores. A label out of range is reported and taken for
// none. E is the type of the scores, T that of the arithmetic and of what belongs to a row.
#include <limits>

#include "cpu/indices.h"
#include "cuda/fault.h"
#include "cuda/rows.cuh"
#include "math/exp.h"
#include "math/log.h"
#include "ops/softmaxCrossEntropy.h"

namespace hebb {
namespace {

// The row's label, or -1 for one that is out of range.
template <typename K>
__device__ int64_t label_of(const K* labels, int64_t row, const RowPlan& plan, int64_t classes, const FaultSite& fault) {
  if (row >= plan.rows) return -1;
  const int64_t label = static_cast<int64_t>(labels[row]);
  if (label >= 0 && label < classes) return label;
  if (threadIdx.x == 0) fault.report(label, row);
  return -1;
}

template <typename T>
struct RowExp {
  T max, sum;
};

template <typename E, typename T = Wide<E>>
__device__ RowExp<T> row_exp(const E* x, int64_t count) {
  const T max = row_reduce<T>(
      count, -std::numeric_limits<T>::infinity(), [&](int64_t c) { return widened(x[c]); }, Larger{});
  return {max, row_reduce<T>(
                   count, T{0}, [&](int64_t c) { return math::exp(widened(x[c]) - max); }, AddUp{})};
}

template <typename K, typename E, typename T = Wide<E>>
__global__ void losses(RowPlan plan, const E* xs, const K* labels, T* loss, ScoreRows s, FaultSite fault) {
  const int64_t row = my_row(), count = row < plan.rows ? s.classes : 0;
  const E* x = xs + row * s.stride;
  const int64_t label = label_of(labels, row, plan, s.classes, fault);
  const RowExp<T> e = row_exp(x, count);
  if (row < plan.rows && threadIdx.x == 0) loss[row] = label < 0 ? T{0} : math::log(e.sum) + (e.max - widened(x[label]));
}

template <typename K, typename E, typename T = Wide<E>>
__global__ void gradients(RowPlan plan, const T* g, const E* xs, const K* labels, E* dxs, ScoreRows s, FaultSite fault) {
  const int64_t row = my_row(), count = row < plan.rows ? s.classes : 0;
  const E* x = xs + row * s.stride;
  E* dx = dxs + row * s.stride;
  const int64_t label = label_of(labels, row, plan, s.classes, fault);
  const RowExp<T> e = row_exp(x, count);
  const T scale = 1 / e.sum;
  for (int64_t c = threadIdx.x; c < count; c += blockDim.x)
    dx[c] = (math::exp(widened(x[c]) - e.max) * scale - (c == label ? T{1} : T{0})) * g[row];
  if (row < plan.rows)
    for (int64_t c = s.classes + threadIdx.x; c < s.stride; c += blockDim.x) dx[c] = T{0};
}

}  // namespace

int softmaxCrossEntropy_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropy";
  ScoreRows s;
  if (const int status = check_cross_entropy(call, error, op, &s)) return status;
  const View &x = call.inputs[0], &k = call.inputs[1], &loss = call.outputs[0];
  if (s.rows == 0) return HEBB_OK;
  with_any_float(x.dtype, [&](auto type) {
    with_index(k.dtype, [&](auto index) {
      using E = typename decltype(type)::type;
      using K = typename decltype(index)::type;
      const RowPlan plan(s.rows, s.classes);
      HEBB_LAUNCH(losses, plan.grid(), plan.block(), plan, data<const E>(x), data<const K>(k), data<Wide<E>>(loss), s,
                  fault_site(op, FaultKind::kLabel, s.classes));
      check_launch(op);
    });
  });
  return HEBB_OK;
}

int softmaxCrossEntropyGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropyGrad";
  ScoreRows s;
  if (const int status = check_cross_entropy_grad(call, error, op, &s)) return status;
  const View &g = call.inputs[0], &x = call.inputs[1], &k = call.inputs[2], &dx = call.outputs[0];
  if (s.rows == 0) return HEBB_OK;
  with_any_float(x.dtype, [&](auto type) {
    with_index(k.dtype, [&](auto index) {
      using E = typename decltype(type)::type;
      using K = typename decltype(index)::type;
      const RowPlan plan(s.rows, s.classes);
      HEBB_LAUNCH(gradients, plan.grid(), plan.block(), plan, data<const Wide<E>>(g), data<const E>(x), data<const K>(k),
                  data<E>(dx), s, fault_site(op, FaultKind::kLabel, s.classes));
      check_launch(op);
    });
  });
  return HEBB_OK;
}

}  // namespace hebb
