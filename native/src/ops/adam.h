// What adamUpdate may be given, and its step of one element.
#pragma once

#include <cmath>

#include "math/hostDevice.h"
#include "ops/update.h"

namespace hebb {

// For each parameter p, g, m, v, all alike; then the learning rate and the step.
inline int check_adam(const Call& call, hebb_error& error) {
  if (const int status = check_updates(call, error, "adamUpdate", 4, 2, 5)) return status;
  bool decoupled = false;
  return flag_attribute(call, error, "adamUpdate", "decoupled", 4, &decoupled);
}

// What does not depend on the element, computed in float64.
template <typename T>
struct AdamStep {
  T beta1, rest1, beta2, rest2, epsilon;
  T step_size;   // lr / (1 - beta1^t)
  T correction;  // 1 / sqrt(1 - beta2^t)
  T coupled;     // weight decay added to the gradient
  T kept;        // share of the parameter that decoupled decay leaves

  // One element: *m and *v become the new moments.
  HEBB_HD T operator()(T p, T g, T* m, T* v) const {
    const T gradient = g + coupled * p;
    *m = beta1 * *m + rest1 * gradient;
    *v = beta2 * *v + rest2 * (gradient * gradient);
    return kept * p - step_size * *m / (std::sqrt(*v) * correction + epsilon);
  }
};

struct AdamSettings {
  double beta1, beta2, epsilon, decay;
  bool decoupled;
  explicit AdamSettings(const Call& call)
      : beta1(call.attributes[0]),
        beta2(call.attributes[1]),
        epsilon(call.attributes[2]),
        decay(call.attributes[3]),
        decoupled(call.attributes[4] != 0) {}
};

template <typename T>
HEBB_HD AdamStep<T> adam_step(const AdamSettings& s, double rate, double step) {
  return {static_cast<T>(s.beta1),
          static_cast<T>(1 - s.beta1),
          static_cast<T>(s.beta2),
          static_cast<T>(1 - s.beta2),
          static_cast<T>(s.epsilon),
          static_cast<T>(rate / (1 - std::pow(s.beta1, step))),
          static_cast<T>(1 / std::sqrt(1 - std::pow(s.beta2, step))),
          static_cast<T>(s.decoupled ? 0 : s.decay),
          static_cast<T>(s.decoupled ? 1 - rate * s.decay : 1)};
}

inline int fail_adam_step(hebb_error& error, double step) {
  return fail(error, HEBB_BAD_RANGE, "adamUpdate: expected a step of at least 1, received %g", step);
}

}  // namespace hebb
