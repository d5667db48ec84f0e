// What sgdUpdate may be given, and its step of one element.
#pragma once

#include "cpu/check.h"
#include "math/hostDevice.h"

namespace hebb {

inline int check_sgd(const Call& call, hebb_error& error) {
  const uint32_t outputs = call.n_inputs == 4 ? 2 : 1;
  if (const int status = check_operands(call, error, "sgdUpdate", outputs, 2 + outputs, 3)) return status;
  const View& p = call.inputs[0];
  for (uint32_t i = 1; i < call.n_inputs; ++i) {
    if (const int status = check_dtype(error, "sgdUpdate", "every input", call.inputs[i], p.dtype)) return status;
    if (i == 2) continue;
    if (const int status = check_same_dims(error, "sgdUpdate", "a gradient and a momentum", p, call.inputs[i])) return status;
  }
  for (uint32_t i = 0; i < outputs; ++i) {
    if (const int status = check_dtype(error, "sgdUpdate", "every output", call.outputs[i], p.dtype)) return status;
    if (const int status = check_same_dims(error, "sgdUpdate", "every output", p, call.outputs[i])) return status;
  }
  if (elements(call.inputs[2]) != 1)
    return fail(error, HEBB_BAD_SHAPE, "sgdUpdate: expected one learning rate, received shape %s",
                DimsText(call.inputs[2]).c_str());
  bool nesterov = false;
  if (const int status = flag_attribute(call, error, "sgdUpdate", "nesterov", 1, &nesterov)) return status;
  if (call.n_inputs != 4 && call.attributes[0] != 0)
    return fail(error, HEBB_BAD_SHAPE, "sgdUpdate: expected a momentum array for a momentum of %g, received none",
                call.attributes[0]);
  return HEBB_OK;
}

// One element's step: from p, g and the momentum to the new p; *m becomes the new momentum.
template <typename T>
struct SgdStep {
  T rate, momentum, decay;
  bool nesterov;
  HEBB_HD T operator()(T p, T g, T* m) const {
    const T gradient = g + decay * p;
    *m = momentum * *m + gradient;
    return p - rate * (nesterov ? gradient + momentum * *m : *m);
  }
  HEBB_HD T operator()(T p, T g) const { return p - rate * (g + decay * p); }
};

}  // namespace hebb
