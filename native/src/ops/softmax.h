// What softmax, logSoftmax and their gradients may be given.
#pragma once

#include "cpu/check.h"

namespace hebb {

struct SoftmaxShape {
  int64_t outer, reduce, inner;
};

inline int check_softmax(const Call& call, hebb_error& error, const char* op, uint32_t inputs, SoftmaxShape& shape) {
  if (const int status = check_operands(call, error, op, 1, inputs, 0)) return status;
  const View& y = call.outputs[0];
  if (!is_float(y.dtype)) return fail_dtype(error, op, "the output", "a floating-point dtype", y.dtype);
  if (y.rank != 3) return fail(error, HEBB_BAD_SHAPE, "%s: expected [outer, reduced, inner], received rank %d", op, y.rank);
  for (uint32_t i = 0; i < inputs; ++i) {
    if (const int status = check_dtype(error, op, "an input", call.inputs[i], y.dtype)) return status;
    if (const int status = check_same_dims(error, op, "an input", y, call.inputs[i])) return status;
  }
  shape = {y.dims[0], y.dims[1], y.dims[2]};
  return HEBB_OK;
}

}  // namespace hebb
