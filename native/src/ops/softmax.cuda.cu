// softmax, logSoftmax and their gradients over the middle dimension of [O, R, I]: a group of threads for each row where I is 1, a
// thread for each column otherwise, whose neighbours read neighbouring elements.
#include <limits>

#include "cpu/dtype.h"
#include "cuda/rows.cuh"
#include "math/exp.h"
#include "math/log.h"
#include "ops/softmax.h"

namespace hebb {
namespace {

template <typename T>
__device__ T lowest() {
  return -std::numeric_limits<T>::infinity();
}

// NaN may be passed over in the maximum: its exponential makes the whole row NaN anyway.
template <typename E>
__global__ void softmax_rows(RowPlan plan, const E* xs, E* ys, int64_t n, bool logarithm) {
  begin_kernel();
  using T = Wide<E>;
  const Place at = here();
  const int64_t row = my_row(at), count = row < plan.rows ? n : 0;
  const E* x = xs + row * n;
  E* y = ys + row * n;
  const T max = row_reduce<T>(
      at, count, lowest<T>(), [&](int64_t r) { return widened(x[r]); }, Larger{});
  const T sum = row_reduce<T>(
      at, count, T{0}, [&](int64_t r) { return math::exp(widened(x[r]) - max); }, AddUp{});
  const T scale = 1 / sum, shift = math::log(sum);
  for (int64_t r = threadIdx.x; r < count; r += blockDim.x) {
    const T above = widened(x[r]) - max;
    y[r] = logarithm ? above - shift : math::exp(above) * scale;
  }
}

template <typename E>
__global__ void softmax_columns(SoftmaxShape s, const E* xs, E* ys, bool logarithm) {
  begin_kernel();
  using T = Wide<E>;
  for_elements(s.outer * s.inner, [&](int64_t at) {
    const int64_t first = at / s.inner * s.reduce * s.inner + at % s.inner;
    const auto x = [&](int64_t r) { return widened(xs[first + r * s.inner]); };
    T max = lowest<T>(), sum = 0;
    for (int64_t r = 0; r < s.reduce; ++r) max = Larger{}(x(r), max);
    for (int64_t r = 0; r < s.reduce; ++r) sum += math::exp(x(r) - max);
    const T scale = 1 / sum, shift = math::log(sum);
    for (int64_t r = 0; r < s.reduce; ++r) {
      const T above = x(r) - max;
      ys[first + r * s.inner] = logarithm ? above - shift : math::exp(above) * scale;
    }
  });
}

// What is summed, and the gradient from the sum.
template <typename T>
__device__ T grad_term(T g, T y, bool logarithm) {
  return logarithm ? g : g * y;
}
template <typename T>
__device__ T grad_value(T g, T y, T sum, bool logarithm) {
  return logarithm ? g - math::exp(y) * sum : y * (g - sum);
}

template <typename E>
__global__ void softmax_grad_rows(RowPlan plan, const E* gs, const E* ys, E* dxs, int64_t n, bool logarithm) {
  begin_kernel();
  using T = Wide<E>;
  const Place at = here();
  const int64_t row = my_row(at), count = row < plan.rows ? n : 0;
  const E *g = gs + row * n, *y = ys + row * n;
  E* dx = dxs + row * n;
  const T sum = row_reduce<T>(
      at, count, T{0}, [&](int64_t r) { return grad_term(widened(g[r]), widened(y[r]), logarithm); }, AddUp{});
  for (int64_t r = threadIdx.x; r < count; r += blockDim.x) dx[r] = grad_value(widened(g[r]), widened(y[r]), sum, logarithm);
}

template <typename E>
__global__ void softmax_grad_columns(SoftmaxShape s, const E* gs, const E* ys, E* dxs, bool logarithm) {
  begin_kernel();
  for_elements(s.outer * s.inner, [&](int64_t at) {
    const int64_t first = at / s.inner * s.reduce * s.inner + at % s.inner;
    Wide<E> sum = 0;
    for (int64_t r = 0; r < s.reduce; ++r) {
      const int64_t i = first + r * s.inner;
      sum += grad_term(widened(gs[i]), widened(ys[i]), logarithm);
    }
    for (int64_t r = 0; r < s.reduce; ++r) {
      const int64_t i = first + r * s.inner;
      dxs[i] = grad_value(widened(gs[i]), widened(ys[i]), sum, logarithm);
    }
  });
}

int run_softmax(const Call& call, hebb_error& error, const char* op, bool logarithm) {
  SoftmaxShape s;
  if (const int status = check_softmax(call, error, op, 1, s)) return status;
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  with_any_float(call.outputs[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = data<const T>(call.inputs[0]);
    T* y = data<T>(call.outputs[0]);
    const RowPlan rows(s.outer, s.reduce);
    if (s.inner == 1)
      HEBB_LAUNCH(softmax_rows, rows.grid(), rows.block(), rows, x, y, s.reduce, logarithm);
    else
      HEBB_LAUNCH(softmax_columns, grid_for(s.outer * s.inner), kThreads, s, x, y, logarithm);
    check_launch(op);
  });
  return HEBB_OK;
}

int run_softmax_grad(const Call& call, hebb_error& error, const char* op, bool logarithm) {
  SoftmaxShape s;
  if (const int status = check_softmax(call, error, op, 2, s)) return status;
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  with_any_float(call.outputs[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *g = data<const T>(call.inputs[0]), *y = data<const T>(call.inputs[1]);
    T* dx = data<T>(call.outputs[0]);
    const RowPlan rows(s.outer, s.reduce);
    if (s.inner == 1)
      HEBB_LAUNCH(softmax_grad_rows, rows.grid(), rows.block(), rows, g, y, dx, s.reduce, logarithm);
    else
      HEBB_LAUNCH(softmax_grad_columns, grid_for(s.outer * s.inner), kThreads, s, g, y, dx, logarithm);
    check_launch(op);
  });
  return HEBB_OK;
}

}  // namespace

int softmax_kernel(const Call& call, hebb_error& error) { return run_softmax(call, error, "softmax", false); }
int logSoftmax_kernel(const Call& call, hebb_error& error) { return run_softmax(call, error, "logSoftmax", true); }
int softmaxGrad_kernel(const Call& call, hebb_error& error) { return run_softmax_grad(call, error, "softmaxGrad", false); }
int logSoftmaxGrad_kernel(const Call& call, hebb_error& error) { return run_softmax_grad(call, error, "logSoftmaxGrad", true); }

}  // namespace hebb
