// What the optimizers may be given: one call updates any number of parameters, each with its gradient and slots.
#pragma once

#include "cpu/check.h"

namespace hebb {

// Inputs: `per` arrays for each parameter, all alike, then `scalars` of one element. Outputs: per - 1 for each, like the
// parameter.
inline int check_updates(const Call& call, hebb_error& error, const char* op, uint32_t per, uint32_t scalars,
                         uint32_t attributes) {
  const uint32_t count = call.n_outputs >= per ? call.n_outputs / (per - 1) : 1;
  if (const int status = check_operands(call, error, op, count * (per - 1), count * per + scalars, attributes)) return status;
  const int dtype = call.inputs[0].dtype;
  for (uint32_t i = 0; i < call.n_inputs; ++i) {
    const View& x = call.inputs[i];
    if (const int status = check_dtype(error, op, "every input", x, dtype)) return status;
    if (i >= count * per) {
      if (elements(x) != 1)
        return fail(error, HEBB_BAD_SHAPE, "%s: expected one learning rate, and one step where there is one, received shape %s",
                    op, DimsText(x).c_str());
    } else if (const int status = check_same_dims(error, op, "a gradient and slots", call.inputs[i / per * per], x)) {
      return status;
    }
  }
  for (uint32_t i = 0; i < call.n_outputs; ++i) {
    if (const int status = check_dtype(error, op, "every output", call.outputs[i], dtype)) return status;
    const View& p = call.inputs[i / (per - 1) * per];
    if (const int status = check_same_dims(error, op, "every output", p, call.outputs[i])) return status;
  }
  return HEBB_OK;
}

}  // namespace hebb
