// What layerNorm and its gradient may be given.
#pragma once

#include <cmath>
#include <initializer_list>

#include "cpu/check.h"

namespace hebb {

inline int check_layer_vector(const View& x, hebb_error& error, const char* op, const char* what, const View& view,
                              int dimension) {
  if (const int status = check_dtype(error, op, what, view, wide_dtype(x.dtype))) return status;
  if (view.rank == 1 && view.dims[0] == x.dims[dimension]) return HEBB_OK;
  return fail(error, HEBB_BAD_SHAPE, "%s: expected %s of shape [%lld] for an input %s, received %s", op, what,
              (long long)x.dims[dimension], DimsText(x).c_str(), DimsText(view).c_str());
}

inline int check_layer_rows(const View& x, hebb_error& error, const char* op, std::initializer_list<const View*> same) {
  if (!is_float(x.dtype)) return fail_dtype(error, op, "the input", "a floating-point dtype", x.dtype);
  if (x.rank != 2) return fail(error, HEBB_BAD_SHAPE, "%s: expected an input [M, D], received %s", op, DimsText(x).c_str());
  for (const View* view : same) {
    if (const int status = check_dtype(error, op, "an operand", *view, x.dtype)) return status;
    if (const int status = check_same_dims(error, op, "an operand", x, *view)) return status;
  }
  return HEBB_OK;
}

inline int check_layer_norm(const Call& call, hebb_error& error, const char* op) {
  if (const int status = check_operands(call, error, op, 3, 3, 1)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[0];
  if (const int status = check_layer_rows(x, error, op, {&out[0]})) return status;
  if (const int status = check_layer_vector(x, error, op, "gamma", in[1], 1)) return status;
  if (const int status = check_layer_vector(x, error, op, "beta", in[2], 1)) return status;
  if (const int status = check_layer_vector(x, error, op, "mean", out[1], 0)) return status;
  if (const int status = check_layer_vector(x, error, op, "rstd", out[2], 0)) return status;
  const double epsilon = call.attributes[0];
  if (!(epsilon >= 0) || !std::isfinite(epsilon))
    return fail(error, HEBB_BAD_RANGE, "%s: expected a finite epsilon of at least 0, received %g", op, epsilon);
  return HEBB_OK;
}

inline int check_layer_norm_grad(const Call& call, hebb_error& error, const char* op) {
  if (const int status = check_operands(call, error, op, 3, 5, 0)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[1];
  if (const int status = check_layer_rows(x, error, op, {&in[0], &out[0]})) return status;
  if (const int status = check_layer_vector(x, error, op, "gamma", in[2], 1)) return status;
  if (const int status = check_layer_vector(x, error, op, "mean", in[3], 0)) return status;
  if (const int status = check_layer_vector(x, error, op, "rstd", in[4], 0)) return status;
  if (const int status = check_layer_vector(x, error, op, "the gradient of gamma", out[1], 1)) return status;
  if (const int status = check_layer_vector(x, error, op, "the gradient of beta", out[2], 1)) return status;
  return HEBB_OK;
}

}  // namespace hebb
