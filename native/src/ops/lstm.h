// What lstm and its gradient may be given.
#pragma once

#include <initializer_list>

#include "cpu/check.h"

namespace hebb {

struct LstmShape {
  int64_t rows, steps, units;
};

// The shape of [N, T, 4H], with every other operand checked against it: `sequences` are [N, T, H], `states` [N, H].
inline int check_lstm(hebb_error& error, const char* op, const View& gates, const View& kernel,
                      std::initializer_list<const View*> sequences, std::initializer_list<const View*> states, LstmShape& shape) {
  if (!is_float(gates.dtype)) return fail_dtype(error, op, "an operand", "a floating-point dtype", gates.dtype);
  if (gates.rank != 3 || kernel.rank != 2 || kernel.dims[1] / 4 != kernel.dims[0] || kernel.dims[1] % 4 != 0 ||
      gates.dims[2] != kernel.dims[1])
    return fail(error, HEBB_BAD_SHAPE, "%s: expected gates [N, T, 4 units] and a kernel [units, 4 units], received %s and %s", op,
                DimsText(gates).c_str(), DimsText(kernel).c_str());
  if (const int status = check_dtype(error, op, "the kernel", kernel, gates.dtype)) return status;
  shape = {gates.dims[0], gates.dims[1], kernel.dims[0]};
  const View sequence = {nullptr, {shape.rows, shape.steps, shape.units}, 3, gates.dtype};
  const View state = {nullptr, {shape.rows, shape.units}, 2, gates.dtype};
  for (const View* view : sequences) {
    if (const int status = check_dtype(error, op, "a sequence", *view, gates.dtype)) return status;
    if (const int status = check_same_dims(error, op, "a sequence", sequence, *view)) return status;
  }
  for (const View* view : states) {
    if (const int status = check_dtype(error, op, "a state", *view, gates.dtype)) return status;
    if (const int status = check_same_dims(error, op, "a state", state, *view)) return status;
  }
  return HEBB_OK;
}

inline int check_lstm_forward(const Call& call, hebb_error& error, const char* op, LstmShape& shape) {
  if (const int status = check_operands(call, error, op, 3, 4, 0)) return status;
  const View *in = call.inputs, *out = call.outputs;
  if (const int status = check_lstm(error, op, in[0], in[1], {&out[0], &out[1]}, {&in[2], &in[3]}, shape)) return status;
  if (const int status = check_dtype(error, op, "the gates", out[2], in[0].dtype)) return status;
  return check_same_dims(error, op, "the gates", in[0], out[2]);
}

inline int check_lstm_grad(const Call& call, hebb_error& error, const char* op, LstmShape& shape) {
  const bool more = call.n_inputs == 7;
  if (const int status = check_operands(call, error, op, 3, more ? 7 : 5, 0)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View &gates = in[2], &dcells = more ? in[5] : in[3], &dgates = more ? in[6] : gates;
  if (const int status = check_lstm(error, op, gates, in[1], {&in[0], &in[3], &dcells}, {&in[4], &out[1], &out[2]}, shape))
    return status;
  for (const View* view : {&dgates, &out[0]}) {
    if (const int status = check_dtype(error, op, "a gradient of the gates", *view, gates.dtype)) return status;
    if (const int status = check_same_dims(error, op, "a gradient of the gates", gates, *view)) return status;
  }
  return HEBB_OK;
}

}  // namespace hebb
