// What batchNorm and its gradient may be given.
#pragma once

#include <cmath>
#include <initializer_list>

#include "cpu/check.h"
#include "cpu/epilogue.h"
#include "math/hostDevice.h"

namespace hebb {

template <typename T>
HEBB_HD T inverse_deviation(T variance, double epsilon) {
  return static_cast<T>(1.0 / std::sqrt(static_cast<double>(variance) + epsilon));
}

inline int check_per_channel(const View& x, hebb_error& error, const char* op, const char* what, const View& view) {
  if (const int status = check_dtype(error, op, what, view, wide_dtype(x.dtype))) return status;
  if (view.rank == 1 && view.dims[0] == x.dims[1]) return HEBB_OK;
  return fail(error, HEBB_BAD_SHAPE, "%s: expected %s of shape [%lld], one for each channel of %s, received %s", op, what,
              (long long)x.dims[1], DimsText(x).c_str(), DimsText(view).c_str());
}

inline int check_batch_rows(const View& x, hebb_error& error, const char* op) {
  if (!is_float(x.dtype)) return fail_dtype(error, op, "the input", "a floating-point dtype", x.dtype);
  if (x.rank == 2) return HEBB_OK;
  return fail(error, HEBB_BAD_SHAPE, "%s: expected an input [M, C], received %s", op, DimsText(x).c_str());
}

inline int check_batch_epsilon(const Call& call, hebb_error& error, const char* op) {
  if (call.attributes[0] >= 0 && std::isfinite(call.attributes[0])) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected a finite epsilon of at least 0, received %g", op, call.attributes[0]);
}

inline int check_batch_norm(const Call& call, hebb_error& error, const char* op, bool* relu) {
  const bool adds = call.n_inputs == 4;
  if (const int status = check_operands(call, error, op, 3, adds ? 4 : 3, call.n_attributes == 2 ? 2 : 1)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[0];
  if (const int status = check_batch_rows(x, error, op)) return status;
  if (const int status = check_dtype(error, op, "the output", out[0], x.dtype)) return status;
  if (const int status = check_same_dims(error, op, "the output", x, out[0])) return status;
  const View* channels[] = {&in[1], &in[2], &out[1], &out[2]};
  const char* names[] = {"gamma", "beta", "mean", "variance"};
  for (int i = 0; i < 4; ++i)
    if (const int status = check_per_channel(x, error, op, names[i], *channels[i])) return status;
  if (const int status = check_batch_epsilon(call, error, op)) return status;
  *relu = false;
  if (call.n_attributes == 2)
    if (const int status = flag_attribute(call, error, op, "relu", 1, relu)) return status;
  return check_residual(error, op, x, adds ? &in[3] : nullptr);
}

inline int check_batch_norm_grad(const Call& call, hebb_error& error, const char* op) {
  const bool rectified = call.n_inputs == 6;
  if (const int status = check_operands(call, error, op, 3, rectified ? 6 : 5, 1)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[1];
  if (const int status = check_batch_rows(x, error, op)) return status;
  for (const View* view : {&in[0], &out[0]}) {
    if (const int status = check_dtype(error, op, "a gradient", *view, x.dtype)) return status;
    if (const int status = check_same_dims(error, op, "a gradient", x, *view)) return status;
  }
  if (rectified) {
    if (const int status = check_same_dims(error, op, "the output of relu", x, in[5])) return status;
    if (const int status = check_dtype(error, op, "the output of relu", in[5], x.dtype)) return status;
  }
  const View* channels[] = {&in[2], &in[3], &in[4], &out[1], &out[2]};
  const char* names[] = {"gamma", "mean", "variance", "the gradient of gamma", "the gradient of beta"};
  for (int i = 0; i < 5; ++i)
    if (const int status = check_per_channel(x, error, op, names[i], *channels[i])) return status;
  return check_batch_epsilon(call, error, op);
}

}  // namespace hebb
