// softmaxCrossEntropy and its gradient: scores [N, C], one label per row.
#include "ops/softmaxCrossEntropy.h"

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

int check_labels(hebb_error& error, const char* op, const View& x, const View& k) {
  const Labels labels = {k.data, k.dtype};
  for (int64_t i = 0; i < x.dims[0]; ++i)
    if (labels[i] < 0 || labels[i] >= x.dims[1]) return fail_label(error, op, labels[i], i, x.dims[1]);
  return HEBB_OK;
}

template <typename T>
void losses(const View& x, const Labels& labels, T* loss) {
  const int64_t classes = x.dims[1];
  parallel_for(x.dims[0], score_rows(classes), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* row = data<const T>(x) + i * classes;
      T max, log_sum;
      row_log_sum(row, classes, &max, &log_sum);
      loss[i] = log_sum + (max - row[labels[i]]);
    }
  });
}

template <typename T>
void gradients(const T* g, const View& x, const Labels& labels, T* dx) {
  const int64_t classes = x.dims[1];
  parallel_for(x.dims[0], score_rows(classes), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* row = dx + i * classes;
      softmax_row(data<const T>(x) + i * classes, classes, row);
      row[labels[i]] -= 1;
      for (int64_t c = 0; c < classes; ++c) row[c] *= g[i];
    }
  });
}

}  // namespace

// x [N,C], labels [N] -> loss [N] = log(sum(exp(x))) - x[label].
int softmaxCrossEntropy_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropy";
  if (const int status = check_operands(call, error, op, 1, 2, 0)) return status;
  const View &x = call.inputs[0], &k = call.inputs[1], &loss = call.outputs[0];
  if (const int status = check_cross_entropy(error, op, x, k, loss)) return status;
  if (const int status = check_labels(error, op, x, k)) return status;
  with_float(loss.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    losses(x, Labels{k.data, k.dtype}, data<T>(loss));
  });
  return HEBB_OK;
}

// g [N], x [N,C], labels [N] -> dx [N,C] = g (softmax(x) - oneHot(label)).
int softmaxCrossEntropyGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropyGrad";
  if (const int status = check_operands(call, error, op, 1, 3, 0)) return status;
  const View &g = call.inputs[0], &x = call.inputs[1], &k = call.inputs[2], &dx = call.outputs[0];
  if (const int status = check_same_dims(error, op, "the output", x, dx)) return status;
  if (const int status = check_dtype(error, op, "the output", dx, x.dtype)) return status;
  if (const int status = check_cross_entropy(error, op, x, k, g)) return status;
  if (const int status = check_labels(error, op, x, k)) return status;
  with_float(dx.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    gradients(data<const T>(g), x, Labels{k.data, k.dtype}, data<T>(dx));
  });
  return HEBB_OK;
}

}  // namespace hebb
