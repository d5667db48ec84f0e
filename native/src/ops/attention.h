// What attention and its gradient may be given, and which keys a query sees.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "cpu/check.h"
#include "math/hostDevice.h"

namespace hebb {

struct AttentionShape {
  int64_t batch, queries, keys;
  int64_t width;   // of queries and keys
  int64_t values;  // width of values
};

// One of the batch, in which heads of a group follow one another.
struct AttentionMatrix {
  int64_t batch, group, head;
  HEBB_HD AttentionMatrix(int64_t batch, int64_t heads) : batch(batch), group(batch / heads), head(batch % heads) {}
};

// How an operand lies.
struct AttentionLayout {
  int64_t first;                // element where the first row begins
  int64_t stride, head, group;  // elements between rows, heads and groups
};

// One matrix after another.
inline AttentionLayout attention_matrices(int64_t rows, int64_t width) { return {0, width, 0, rows * width}; }

// [B…, rows, parts, heads, width], of which an operand is the part `part`.
inline AttentionLayout attention_heads(int64_t rows, int64_t parts, int64_t part, int64_t heads, int64_t width) {
  const int64_t stride = parts * heads * width;
  return {part * heads * width, stride, width, rows * stride};
}

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
  int64_t heads;               // of a group
  AttentionLayout q, k, v, y;  // gradients lie as what they are of
  AttentionMask mask;
  double scale;
  bool causal;  // query i sees keys 0 to i only
  bool packed;  // queries, keys and values are parts of one operand
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

// What the other operands are to be like.
struct AttentionExpected {
  View scores, result, log_sums;
};

inline int check_attention_mask(hebb_error& error, const char* op, const View& scores, const View& view, AttentionMask& mask) {
  if (view.dtype != HEBB_BOOL && view.dtype != scores.dtype)
    return fail_dtype(error, op, "the mask", "bool or the dtype of the queries", view.dtype);
  const int rank = scores.rank;
  bool good = view.rank == rank;
  for (int i = 0; good && i < rank; ++i) good = view.dims[i] == 1 || view.dims[i] == scores.dims[i];
  if (!good) return fail_dims(error, op, "a mask that broadcasts", scores, view);
  mask.data = view.data;
  mask.adds = view.dtype != HEBB_BOOL;
  mask.rank = rank - 2;
  int64_t stride = 1, strides[HEBB_MAX_RANK];
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = view.dims[i] == 1 ? 0 : stride;
    stride *= view.dims[i];
  }
  for (int i = 0; i < mask.rank; ++i) {
    mask.dims[i] = scores.dims[i];
    mask.strides[i] = strides[i];
  }
  mask.row = strides[rank - 2];
  mask.column = strides[rank - 1];
  return HEBB_OK;
}

inline int check_attention_attributes(const Call& call, hebb_error& error, const char* op, AttentionProblem& p) {
  p.scale = call.attributes[0];
  if (!std::isfinite(p.scale)) return fail(error, HEBB_BAD_RANGE, "%s: expected a finite scale, received %g", op, p.scale);
  return flag_attribute(call, error, op, "causal", 1, &p.causal);
}

// Queries, keys and values [B…, rows, columns], whose batches are alike.
inline int check_attention_matrices(hebb_error& error, const char* op, const View& q, const View& k, const View& v,
                                    AttentionProblem& p, AttentionExpected& expected) {
  if (!is_float(q.dtype)) return fail_dtype(error, op, "the queries", "a floating-point dtype", q.dtype);
  if (const int status = check_dtype(error, op, "the keys", k, q.dtype)) return status;
  if (const int status = check_dtype(error, op, "the values", v, q.dtype)) return status;
  const int rank = q.rank;
  bool good = rank >= 2 && k.rank == rank && v.rank == rank;
  AttentionShape& s = p.shape = {1, 0, 0, 0, 0};
  for (int i = 0; good && i < rank - 2; ++i) {
    good = k.dims[i] == q.dims[i] && v.dims[i] == q.dims[i];
    s.batch *= q.dims[i];
  }
  good = good && k.dims[rank - 1] == q.dims[rank - 1] && k.dims[rank - 2] == v.dims[rank - 2];
  if (!good)
    return fail(error, HEBB_BAD_SHAPE,
                "%s: expected queries [B..., L, E], keys [B..., S, E] and values [B..., S, V], received %s, %s and %s", op,
                DimsText(q).c_str(), DimsText(k).c_str(), DimsText(v).c_str());
  s = {s.batch, q.dims[rank - 2], k.dims[rank - 2], q.dims[rank - 1], v.dims[rank - 1]};
  p.heads = 1;
  p.q = attention_matrices(s.queries, s.width);
  p.k = attention_matrices(s.keys, s.width);
  p.v = attention_matrices(s.keys, s.values);
  p.y = attention_matrices(s.queries, s.values);
  expected = {q, q, q};
  expected.scores.dims[rank - 1] = s.keys;
  expected.result.dims[rank - 1] = s.values;
  --expected.log_sums.rank;
  return HEBB_OK;
}

// Queries, keys and values of several heads in one operand [B…, L, 3, H, E].
inline int check_attention_packed(hebb_error& error, const char* op, const View& qkv, AttentionProblem& p,
                                  AttentionExpected& expected) {
  if (!is_float(qkv.dtype)) return fail_dtype(error, op, "queries, keys and values", "a floating-point dtype", qkv.dtype);
  const int at = qkv.rank - 4;  // of L
  if (at < 0 || qkv.dims[at + 1] != 3)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected queries, keys and values [B..., L, 3, H, E], received %s", op,
                DimsText(qkv).c_str());
  const int64_t rows = qkv.dims[at], heads = qkv.dims[at + 2], width = qkv.dims[at + 3];
  p.shape = {heads, rows, rows, width, width};
  for (int i = 0; i < at; ++i) p.shape.batch *= qkv.dims[i];
  p.heads = heads;
  AttentionLayout* parts[] = {&p.q, &p.k, &p.v};
  for (int part = 0; part < 3; ++part) *parts[part] = attention_heads(rows, 3, part, heads, width);
  p.y = attention_heads(rows, 1, 0, heads, width);
  expected = {qkv, qkv, qkv};
  const auto ends = [at](View& view, std::initializer_list<int64_t> dims) {
    view.rank = at;
    for (const int64_t d : dims) view.dims[view.rank++] = d;
  };
  ends(expected.scores, {heads, rows, rows});
  ends(expected.result, {rows, heads, width});
  ends(expected.log_sums, {heads, rows});
  return HEBB_OK;
}

// Kernels count rows and columns in 32 bits.
inline int check_attention_sizes(hebb_error& error, const char* op, const AttentionShape& s) {
  constexpr int64_t kMost = 1 << 30;
  const int64_t sizes[] = {s.queries, s.keys, s.width, s.values};
  if (*std::max_element(sizes, sizes + 4) <= kMost) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected at most 2^30 queries, keys and numbers in each, received %s", op,
              DimsText(sizes, 4).c_str());
}

// `in` begins with the queries.
inline int check_attention_inputs(hebb_error& error, const char* op, const View* in, AttentionProblem& p,
                                  AttentionExpected& expected) {
  if (const int status = p.packed ? check_attention_packed(error, op, in[0], p, expected)
                                  : check_attention_matrices(error, op, in[0], in[1], in[2], p, expected))
    return status;
  expected.log_sums.dtype = wide_dtype(in[0].dtype);
  return check_attention_sizes(error, op, p.shape);
}

inline int check_like(hebb_error& error, const char* op, const char* what, const View& expected, const View& view) {
  if (const int status = check_dtype(error, op, what, view, expected.dtype)) return status;
  return check_same_dims(error, op, what, expected, view);
}

inline int check_attention(const Call& call, hebb_error& error, const char* op, AttentionProblem& p) {
  p.packed = call.n_inputs <= 2;
  const uint32_t mask = p.packed ? 1 : 3;  // its place
  const bool has_mask = call.n_inputs == mask + 1;
  if (const int status = check_operands(call, error, op, 2, mask + has_mask, 2)) return status;
  const View *in = call.inputs, *out = call.outputs;
  AttentionExpected expected;
  if (const int status = check_attention_inputs(error, op, in, p, expected)) return status;
  if (const int status = check_like(error, op, "the result", expected.result, out[0])) return status;
  if (const int status = check_like(error, op, "the log-sum-exp", expected.log_sums, out[1])) return status;
  p.mask = {};
  if (has_mask)
    if (const int status = check_attention_mask(error, op, expected.scores, in[mask], p.mask)) return status;
  return check_attention_attributes(call, error, op, p);
}

inline int check_attention_grad(const Call& call, hebb_error& error, const char* op, AttentionProblem& p) {
  p.packed = call.n_inputs <= 5;
  const uint32_t parts = p.packed ? 1 : 3, mask = parts + 3;
  const bool has_mask = call.n_inputs == mask + 1;
  if (const int status = check_operands(call, error, op, parts, mask + has_mask, 2)) return status;
  const View *in = call.inputs, *out = call.outputs, *y = in + 1 + parts;
  AttentionExpected expected;
  if (const int status = check_attention_inputs(error, op, in + 1, p, expected)) return status;
  if (const int status = check_like(error, op, "the gradient", expected.result, in[0])) return status;
  if (const int status = check_like(error, op, "the result", expected.result, y[0])) return status;
  if (const int status = check_like(error, op, "the log-sum-exp", expected.log_sums, y[1])) return status;
  for (uint32_t i = 0; i < parts; ++i)
    if (const int status = check_like(error, op, "a gradient", in[i + 1], out[i])) return status;
  p.mask = {};
  if (has_mask)
    if (const int status = check_attention_mask(error, op, expected.scores, in[mask], p.mask)) return status;
  return check_attention_attributes(call, error, op, p);
}

}  // namespace hebb
