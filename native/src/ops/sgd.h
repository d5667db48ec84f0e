// What sgdUpdate may be given, and its step of one element.
#pragma once

#include "math/hostDevice.h"
#include "ops/update.h"

namespace hebb {

// Whether parameters come with momenta: two outputs for three inputs each.
inline bool keeps_momentum(const Call& call) { return call.n_outputs > 0 && 3 * call.n_outputs == 2 * (call.n_inputs - 1); }

inline int check_sgd(const Call& call, hebb_error& error) {
  const bool keeps = keeps_momentum(call);
  if (const int status = check_updates(call, error, "sgdUpdate", keeps ? 3 : 2, 1, 3)) return status;
  bool nesterov = false;
  if (const int status = flag_attribute(call, error, "sgdUpdate", "nesterov", 1, &nesterov)) return status;
  if (!keeps && call.attributes[0] != 0)
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
