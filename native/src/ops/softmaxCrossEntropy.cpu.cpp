// softmaxCrossEntropy and its gradient: scores [N, C], one label per row.
#include "ops/softmaxCrossEntropy.h"

#include <algorithm>

#include "cpu/parallel.h"
#include "ops/softmaxRow.h"

namespace hebb {
namespace {

struct Labels {
  const void* data;
  int dtype;
  int64_t operator[](int64_t i) const {
    if (dtype == HEBB_INT32) return static_cast<const int32_t*>(data)[i];
    if (dtype == HEBB_INT64) return static_cast<const int64_t*>(data)[i];
    return static_cast<const uint8_t*>(data)[i];
  }
};

int check_labels(hebb_error& error, const char* op, const ScoreRows& s, const Labels& labels) {
  for (int64_t i = 0; i < s.rows; ++i)
    if (labels[i] < 0 || labels[i] >= s.classes) return fail_label(error, op, labels[i], i, s.classes);
  return HEBB_OK;
}

template <typename T>
void losses(const ScoreRows& s, const T* x, const Labels& labels, T* loss) {
  parallel_for(s.rows, score_rows(s.classes), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* row = x + i * s.stride;
      T max, log_sum;
      row_log_sum(row, s.classes, &max, &log_sum);
      loss[i] = log_sum + (max - row[labels[i]]);
    }
  });
}

template <typename T>
void gradients(const ScoreRows& s, const T* g, const T* x, const Labels& labels, T* dx) {
  parallel_for(s.rows, score_rows(s.classes), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* row = dx + i * s.stride;
      softmax_row(x + i * s.stride, s.classes, row);
      row[labels[i]] -= 1;
      for (int64_t c = 0; c < s.classes; ++c) row[c] *= g[i];
      std::fill(row + s.classes, row + s.stride, T(0));
    }
  });
}

}  // namespace

// x [N,P], labels [N], attribute classes (C ≤ P; none: P) -> loss [N] = log(sum(exp(x[:C]))) - x[label].
int softmaxCrossEntropy_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropy";
  ScoreRows s;
  if (const int status = check_cross_entropy(call, error, op, &s)) return status;
  const View &x = call.inputs[0], &k = call.inputs[1], &loss = call.outputs[0];
  const Labels labels = {k.data, k.dtype};
  if (const int status = check_labels(error, op, s, labels)) return status;
  with_float(loss.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    losses(s, data<const T>(x), labels, data<T>(loss));
  });
  return HEBB_OK;
}

// g [N], x [N,P], labels [N], attribute classes -> dx [N,P] = g (softmax(x[:C]) - oneHot(label)), and zeros behind.
int softmaxCrossEntropyGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropyGrad";
  ScoreRows s;
  if (const int status = check_cross_entropy_grad(call, error, op, &s)) return status;
  const View &g = call.inputs[0], &x = call.inputs[1], &k = call.inputs[2], &dx = call.outputs[0];
  const Labels labels = {k.data, k.dtype};
  if (const int status = check_labels(error, op, s, labels)) return status;
  with_float(dx.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    gradients(s, data<const T>(g), data<const T>(x), labels, data<T>(dx));
  });
  return HEBB_OK;
}

}  // namespace hebb
