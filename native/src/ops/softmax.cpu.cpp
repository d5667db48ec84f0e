// softmax, logSoftmax and their gradients over the middle dimension of [O, R, I].
#include "ops/softmax.h"

#include <cmath>

#include "ops/normalize.h"
#include "ops/softmaxRow.h"

namespace hebb {
namespace {

constexpr int64_t kColumns = 64;  // columns that a task takes together when I > 1

// body(offset, count): `count` neighbouring columns, the first starting at `offset`, elements `inner` apart.
template <typename Body>
void for_columns(const SoftmaxShape& s, const Body& body) {
  const int64_t blocks = (s.inner + kColumns - 1) / kColumns;
  parallel_for(s.outer * blocks, score_rows(s.reduce * std::min(kColumns, s.inner)), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t column = task % blocks * kColumns;
      body(task / blocks * s.reduce * s.inner + column, std::min(kColumns, s.inner - column));
    }
  });
}

template <typename Body>
void for_rows(const SoftmaxShape& s, const Body& body) {
  parallel_for(s.outer, score_rows(s.reduce), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row * s.reduce);
  });
}

template <typename T>
void column_max(const T* x, const SoftmaxShape& s, int64_t count, T* max) {
  std::copy_n(x, count, max);
  for (int64_t r = 1; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) max[i] = max[i] > x[r * s.inner + i] ? max[i] : x[r * s.inner + i];
}

template <typename T>
void softmax_columns(const T* x, const SoftmaxShape& s, int64_t count, T* y) {
  T max[kColumns], sum[kColumns] = {};
  column_max(x, s, count, max);
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) {
      const T e = math::exp(x[r * s.inner + i] - max[i]);
      y[r * s.inner + i] = e;
      sum[i] += e;
    }
  for (int64_t i = 0; i < count; ++i) sum[i] = 1 / sum[i];
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) y[r * s.inner + i] *= sum[i];
}

template <typename T>
void log_softmax_columns(const T* x, const SoftmaxShape& s, int64_t count, T* y) {
  T max[kColumns], sum[kColumns] = {};
  column_max(x, s, count, max);
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) sum[i] += math::exp(x[r * s.inner + i] - max[i]);
  for (int64_t i = 0; i < count; ++i) sum[i] = math::log(sum[i]);
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) y[r * s.inner + i] = (x[r * s.inner + i] - max[i]) - sum[i];
}

// dx = y (g - sum(g y))
template <typename T>
void softmax_grad_columns(const T* g, const T* y, const SoftmaxShape& s, int64_t count, T* dx) {
  T sum[kColumns] = {};
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) sum[i] += g[r * s.inner + i] * y[r * s.inner + i];
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) dx[r * s.inner + i] = y[r * s.inner + i] * (g[r * s.inner + i] - sum[i]);
}

// dx = g - exp(y) sum(g)
template <typename T>
void log_softmax_grad_columns(const T* g, const T* y, const SoftmaxShape& s, int64_t count, T* dx) {
  T sum[kColumns] = {};
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) sum[i] += g[r * s.inner + i];
  for (int64_t r = 0; r < s.reduce; ++r)
    for (int64_t i = 0; i < count; ++i) dx[r * s.inner + i] = g[r * s.inner + i] - math::exp(y[r * s.inner + i]) * sum[i];
}

template <typename T>
void softmax(const SoftmaxShape& s, const T* x, T* y, bool logarithm) {
  if (s.inner > 1) {
    for_columns(s, [&](int64_t at, int64_t count) {
      if (logarithm)
        log_softmax_columns(x + at, s, count, y + at);
      else
        softmax_columns(x + at, s, count, y + at);
    });
    return;
  }
  for_rows(s, [&](int64_t at) {
    if (!logarithm) return softmax_row(x + at, s.reduce, y + at);
    T max, log_sum;
    row_log_sum(x + at, s.reduce, &max, &log_sum);
    for (int64_t r = 0; r < s.reduce; ++r) y[at + r] = (x[at + r] - max) - log_sum;
  });
}

template <typename T>
void softmax_grad(const SoftmaxShape& s, const T* g, const T* y, T* dx, bool logarithm) {
  if (s.inner > 1) {
    for_columns(s, [&](int64_t at, int64_t count) {
      if (logarithm)
        log_softmax_grad_columns(g + at, y + at, s, count, dx + at);
      else
        softmax_grad_columns(g + at, y + at, s, count, dx + at);
    });
    return;
  }
  for_rows(s, [&](int64_t at) {
    const T *gr = g + at, *yr = y + at;
    const T sum = logarithm ? sum_terms<T>(s.reduce, [&](int64_t r) { return gr[r]; })
                            : sum_terms<T>(s.reduce, [&](int64_t r) { return gr[r] * yr[r]; });
    for (int64_t r = 0; r < s.reduce; ++r) dx[at + r] = logarithm ? gr[r] - math::exp(yr[r]) * sum : yr[r] * (gr[r] - sum);
  });
}

int run_softmax(const Call& call, hebb_error& error, const char* op, bool logarithm) {
  SoftmaxShape s;
  if (const int status = check_softmax(call, error, op, 1, s)) return status;
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  with_float(call.outputs[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    softmax(s, data<const T>(call.inputs[0]), data<T>(call.outputs[0]), logarithm);
  });
  return HEBB_OK;
}

int run_softmax_grad(const Call& call, hebb_error& error, const char* op, bool logarithm) {
  SoftmaxShape s;
  if (const int status = check_softmax(call, error, op, 2, s)) return status;
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  with_float(call.outputs[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    softmax_grad(s, data<const T>(call.inputs[0]), data<const T>(call.inputs[1]), data<T>(call.outputs[0]), logarithm);
  });
  return HEBB_OK;
}

}  // namespace

// x [O,R,I] -> exp(x - max) / sum over R.
int softmax_kernel(const Call& call, hebb_error& error) { return run_softmax(call, error, "softmax", false); }

// x [O,R,I] -> x - max - log(sum(exp(x - max))) over R.
int logSoftmax_kernel(const Call& call, hebb_error& error) { return run_softmax(call, error, "logSoftmax", true); }

// g, y [O,R,I] -> y (g - sum(g y)).
int softmaxGrad_kernel(const Call& call, hebb_error& error) { return run_softmax_grad(call, error, "softmaxGrad", false); }

// g, y [O,R,I] -> g - exp(y) sum(g).
int logSoftmaxGrad_kernel(const Call& call, hebb_error& error) { return run_softmax_grad(call, error, "logSoftmaxGrad", true); }

}  // namespace hebb
