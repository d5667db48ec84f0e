// What softmaxCrossEntropy and its gradient may be given.
#pragma once

#include "cpu/check.h"

namespace hebb {

// Rows of scores; behind those of the classes may lie others, which do not count.
struct ScoreRows {
  int64_t rows, classes, stride;
};

// How many scores of a row are of classes: all, unless the attribute says it.
inline int check_classes(const Call& call, hebb_error& error, const char* op, const View& x, ScoreRows* s) {
  *s = {x.dims[0], x.dims[1], x.dims[1]};
  return call.n_attributes == 0 ? HEBB_OK : integer_attribute(call, error, op, "classes", 0, 1, s->stride, &s->classes);
}

// Whether each label is that of a class the kernel looks.
inline int check_cross_entropy(const Call& call, hebb_error& error, const char* op, const View& x, const View& k,
                               const View& per_row, ScoreRows* s) {
  if (!is_float(x.dtype)) return fail_dtype(error, op, "the scores", "a floating-point dtype", x.dtype);
  if (const int status = check_dtype(error, op, "the values per row", per_row, wide_dtype(x.dtype))) return status;
  if (k.dtype != HEBB_INT32 && k.dtype != HEBB_INT64 && k.dtype != HEBB_UINT8)
    return fail_dtype(error, op, "the labels", "int32, int64 or uint8", k.dtype);
  if (x.rank != 2 || k.rank != 1 || per_row.rank != 1 || k.dims[0] != x.dims[0] || per_row.dims[0] != x.dims[0])
    return fail(error, HEBB_BAD_SHAPE, "%s: expected scores [N, C], labels [N] and [N] values, received %s, %s and %s", op,
                DimsText(x).c_str(), DimsText(k).c_str(), DimsText(per_row).c_str());
  return check_classes(call, error, op, x, s);
}

// Operands of the op and of its gradient.
inline int check_cross_entropy(const Call& call, hebb_error& error, const char* op, ScoreRows* s) {
  const uint32_t attributes = call.n_attributes > 0;
  if (const int status = check_operands(call, error, op, 1, 2, attributes)) return status;
  return check_cross_entropy(call, error, op, call.inputs[0], call.inputs[1], call.outputs[0], s);
}
inline int check_cross_entropy_grad(const Call& call, hebb_error& error, const char* op, ScoreRows* s) {
  const uint32_t attributes = call.n_attributes > 0;
  if (const int status = check_operands(call, error, op, 1, 3, attributes)) return status;
  const View &g = call.inputs[0], &x = call.inputs[1], &k = call.inputs[2], &dx = call.outputs[0];
  if (const int status = check_same_dims(error, op, "the output", x, dx)) return status;
  if (const int status = check_dtype(error, op, "the output", dx, x.dtype)) return status;
  return check_cross_entropy(call, error, op, x, k, g, s);
}

// The refusal of a label, which the CPU's kernel and the report of a CUDA kernel's make alike.
inline int fail_label(hebb_error& error, const char* op, int64_t label, int64_t row, int64_t classes) {
  return fail(error, HEBB_BAD_RANGE, "%s: label %lld in row %lld is outside [0, %lld): expected the index of one of %lld classes",
              op, (long long)label, (long long)row, (long long)classes, (long long)classes);
}

}  // namespace hebb
