// Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2), in one pass over the parameters.
#include <cmath>

#include "ops/update.h"

namespace hebb {
namespace {

// What does not depend on the element, computed in float64.
template <typename T>
struct Coefficients {
  T beta1, rest1, beta2, rest2, epsilon;
  T step_size;   // lr / (1 - beta1^t)
  T correction;  // 1 / sqrt(1 - beta2^t)
  T coupled;     // weight decay added to the gradient
  T kept;        // share of the parameter that decoupled decay leaves
};

template <typename T>
Coefficients<T> coefficients(const Call& call, bool decoupled) {
  const double beta1 = call.attributes[0], beta2 = call.attributes[1], decay = call.attributes[3];
  const double rate = *data<T>(call.inputs[call.n_inputs - 2]);
  const double step = *data<T>(call.inputs[call.n_inputs - 1]);
  return {static_cast<T>(beta1),
          static_cast<T>(1 - beta1),
          static_cast<T>(beta2),
          static_cast<T>(1 - beta2),
          static_cast<T>(call.attributes[2]),
          static_cast<T>(rate / (1 - std::pow(beta1, step))),
          static_cast<T>(1 / std::sqrt(1 - std::pow(beta2, step))),
          static_cast<T>(decoupled ? 0 : decay),
          static_cast<T>(decoupled ? 1 - rate * decay : 1)};
}

template <typename T>
void update(const Call& call, const Coefficients<T>& c) {
  constexpr int64_t chunk = chunk_elements<T, T, T, T, T, T, T>();
  for_parameters(call, 4, chunk, [=](const View* in, const View* out, int64_t begin, int64_t end) {
    const T *p = data<T>(in[0]), *g = data<T>(in[1]), *m = data<T>(in[2]), *v = data<T>(in[3]);
    T *to_p = data<T>(out[0]), *to_m = data<T>(out[1]), *to_v = data<T>(out[2]);
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      const T gradient = g[i] + c.coupled * p[i];
      const T first = c.beta1 * m[i] + c.rest1 * gradient;
      const T second = c.beta2 * v[i] + c.rest2 * (gradient * gradient);
      to_m[i] = first;
      to_v[i] = second;
      to_p[i] = c.kept * p[i] - c.step_size * first / (std::sqrt(second) * c.correction + c.epsilon);
    }
  });
}

}  // namespace

// For each parameter p g m v:F, then lr:F (one element), step:F (one element, from 1) -> for each p' m' v', attributes beta1,
// beta2, epsilon, weightDecay, decoupled. m' = b1 m + (1 - b1) g; v' = b2 v + (1 - b2) g^2; p' = p - lr / (1 - b1^t) m' /
// (sqrt(v' / (1 - b2^t)) + epsilon). Weight decay joins g, or, decoupled, shrinks p by lr * weightDecay. Outputs may be their
// inputs.
int adamUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_updates(call, error, "adamUpdate", 4, 2, 5)) return status;
  bool decoupled = false;
  if (const int status = flag_attribute(call, error, "adamUpdate", "decoupled", 4, &decoupled)) return status;
  const int dtype = call.inputs[0].dtype;
  double step = 1;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    step = static_cast<double>(*data<T>(call.inputs[call.n_inputs - 1]));
    if (step >= 1) update<T>(call, coefficients<T>(call, decoupled));
  };
  if (!with_float(dtype, body)) return fail_dtype(error, "adamUpdate", "parameters", "float32 or float64", dtype);
  return step >= 1 ? HEBB_OK : fail(error, HEBB_BAD_RANGE, "adamUpdate: expected a step of at least 1, received %g", step);
}

}  // namespace hebb
