// What attention and its gradient may be given, and which keys a query sees.
#pragma once

#include <cmath>
#include <limits>

#include "cpu/check.h"
#include "math/hostDevice.h"

namespace hebb {

struct AttentionShape {
  int64_t batch, queries, keys;
  int64_t width;   // of queries and keys
  int64_t values;  // width of values
};

// A mask is as wide as the scores along each axis, or 1.
struct AttentionMask {
  const void* data;  // null: none
  bool adds;         // floats, which are added to the scores; else bools, which say what is seen
  int rank;          // of the batch
  int64_t dims[HEBB_MAX_RANK], strides[HEBB_MAX_RANK];
  int64_t row, column;  // strides

  // Where the mask of a matrix of the batch begins.
  HEBB_HD int64_t offset(int64_t batch) const {
    int64_t at = 0;
    for (int i = rank - 1; i >= 0; --i) {
      at += batch % dims[i] * strides[i];
      batch /= dims[i];
    }
    return at;
  }
};

struct AttentionProblem {
  AttentionShape shape;
  AttentionMask mask;
  double scale;
  bool causal;  // query i sees keys 0 to i only
};

// What has no share in a softmax.
template <typename T>
constexpr T kHidden = -std::numeric_limits<T>::infinity();

// A score under a mask of bools, or of numbers to add, of which -infinity hides even what is not a number.
template <typename T>
HEBB_HD T masked(T score, bool seen) {
  return seen ? score : kHidden<T>;
}
template <typename T>
HEBB_HD T masked(T score, T added) {
  return added == kHidden<T> ? kHidden<T> : score + added;
}

inline int check_attention_mask(hebb_error& error, const char* op, const View& q, const View& k, const View& view,
                                AttentionMask& mask) {
  if (view.dtype != HEBB_BOOL && view.dtype != q.dtype)
    return fail_dtype(error, op, "the mask", "bool or the dtype of the queries", view.dtype);
  View scores = q;
  scores.dims[q.rank - 1] = k.dims[k.rank - 2];
  bool good = view.rank == q.rank;
  for (int i = 0; good && i < q.rank; ++i) good = view.dims[i] == 1 || view.dims[i] == scores.dims[i];
  if (!good) return fail_dims(error, op, "a mask that broadcasts", scores, view);
  mask.data = view.data;
  mask.adds = view.dtype != HEBB_BOOL;
  mask.rank = q.rank - 2;
  int64_t stride = 1, strides[HEBB_MAX_RANK];
  for (int i = q.rank - 1; i >= 0; --i) {
    strides[i] = view.dims[i] == 1 ? 0 : stride;
    stride *= view.dims[i];
  }
  for (int i = 0; i < mask.rank; ++i) {
    mask.dims[i] = q.dims[i];
    mask.strides[i] = strides[i];
  }
  mask.row = strides[q.rank - 2];
  mask.column = strides[q.rank - 1];
  return HEBB_OK;
}

inline int check_attention_attributes(const Call& call, hebb_error& error, const char* op, AttentionProblem& p) {
  p.scale = call.attributes[0];
  if (!std::isfinite(p.scale)) return fail(error, HEBB_BAD_RANGE, "%s: expected a finite scale, received %g", op, p.scale);
  return flag_attribute(call, error, op, "causal", 1, &p.causal);
}

// Queries, keys and values [B…, rows, columns], whose batches are alike.
inline int check_attention_matrices(hebb_error& error, const char* op, const View& q, const View& k, const View& v,
                                    AttentionShape& shape) {
  if (!is_float(q.dtype)) return fail_dtype(error, op, "the queries", "a floating-point dtype", q.dtype);
  if (const int status = check_dtype(error, op, "the keys", k, q.dtype)) return status;
  if (const int status = check_dtype(error, op, "the values", v, q.dtype)) return status;
  bool good = q.rank >= 2 && k.rank == q.rank && v.rank == q.rank;
  shape = {1, 0, 0, 0, 0};
  for (int i = 0; good && i < q.rank - 2; ++i) {
    good = k.dims[i] == q.dims[i] && v.dims[i] == q.dims[i];
    shape.batch *= q.dims[i];
  }
  good = good && k.dims[k.rank - 1] == q.dims[q.rank - 1] && k.dims[k.rank - 2] == v.dims[v.rank - 2];
  if (!good)
    return fail(error, HEBB_BAD_SHAPE,
                "%s: expected queries [B..., L, E], keys [B..., S, E] and values [B..., S, V], received %s, %s and %s", op,
                DimsText(q).c_str(), DimsText(k).c_str(), DimsText(v).c_str());
  shape.queries = q.dims[q.rank - 2];
  shape.keys = k.dims[k.rank - 2];
  shape.width = q.dims[q.rank - 1];
  shape.values = v.dims[v.rank - 1];
  return HEBB_OK;
}

// What is like queries [B…, L, E] but for its last dimension, which is `last`, or missing where that is negative.
inline int check_attention_rows(hebb_error& error, const char* op, const char* what, const View& q, int64_t last, int dtype,
                                const View& view) {
  View expected = q;
  if (last < 0)
    --expected.rank;
  else
    expected.dims[q.rank - 1] = last;
  if (const int status = check_dtype(error, op, what, view, dtype)) return status;
  return check_same_dims(error, op, what, expected, view);
}

inline int check_attention(const Call& call, hebb_error& error, const char* op, AttentionProblem& p) {
  const bool has_mask = call.n_inputs == 4;
  if (const int status = check_operands(call, error, op, 2, has_mask ? 4 : 3, 2)) return status;
  const View *in = call.inputs, *out = call.outputs;
  if (const int status = check_attention_matrices(error, op, in[0], in[1], in[2], p.shape)) return status;
  if (const int status = check_attention_rows(error, op, "the result", in[0], p.shape.values, in[0].dtype, out[0])) return status;
  if (const int status = check_attention_rows(error, op, "the log-sum-exp", in[0], -1, wide_dtype(in[0].dtype), out[1]))
    return status;
  p.mask = {};
  if (has_mask)
    if (const int status = check_attention_mask(error, op, in[0], in[1], in[3], p.mask)) return status;
  return check_attention_attributes(call, error, op, p);
}

inline int check_attention_grad(const Call& call, hebb_error& error, const char* op, AttentionProblem& p) {
  const bool has_mask = call.n_inputs == 7;
  if (const int status = check_operands(call, error, op, 3, has_mask ? 7 : 6, 2)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View &g = in[0], &q = in[1], &k = in[2], &v = in[3];
  if (const int status = check_attention_matrices(error, op, q, k, v, p.shape)) return status;
  if (const int status = check_attention_rows(error, op, "the gradient", q, p.shape.values, q.dtype, g)) return status;
  if (const int status = check_attention_rows(error, op, "the result", q, p.shape.values, q.dtype, in[4])) return status;
  if (const int status = check_attention_rows(error, op, "the log-sum-exp", q, -1, wide_dtype(q.dtype), in[5])) return status;
  for (int i = 0; i < 3; ++i) {
    if (const int status = check_dtype(error, op, "a gradient", out[i], q.dtype)) return status;
    if (const int status = check_same_dims(error, op, "a gradient", in[i + 1], out[i])) return status;
  }
  p.mask = {};
  if (has_mask)
    if (const int status = check_attention_mask(error, op, q, k, in[6], p.mask)) return status;
  return check_attention_attributes(call, error, op, p);
}

}  // namespace hebb
