// Stochastic gradient descent with momentum, in one pass over the parameters.
#include <cmath>

#include "ops/update.h"

namespace hebb {
namespace {

template <typename T>
void plain(const Call& call, T decay) {
  const T rate = *data<T>(call.inputs[call.n_inputs - 1]);
  for_parameters(call, 2, chunk_elements<T, T, T>(), [=](const View* in, const View* out, int64_t begin, int64_t end) {
    const T *p = data<T>(in[0]), *g = data<T>(in[1]);
    T* to = data<T>(out[0]);
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) to[i] = p[i] - rate * (g[i] + decay * p[i]);
  });
}

template <typename T>
void with_momentum(const Call& call, T momentum, bool nesterov, T decay) {
  const T rate = *data<T>(call.inputs[call.n_inputs - 1]);
  // The step is a * gradient + b * new momentum, which covers both forms.
  const T a = nesterov ? T{1} : T{0}, b = nesterov ? momentum : T{1};
  for_parameters(call, 3, chunk_elements<T, T, T, T, T>(), [=](const View* in, const View* out, int64_t begin, int64_t end) {
    const T *p = data<T>(in[0]), *g = data<T>(in[1]), *m = data<T>(in[2]);
    T *to = data<T>(out[0]), *to_m = data<T>(out[1]);
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      const T gradient = g[i] + decay * p[i];
      const T moved = momentum * m[i] + gradient;
      to_m[i] = moved;
      to[i] = p[i] - rate * (nesterov ? a * gradient + b * moved : moved);
    }
  });
}

}  // namespace

// For each parameter p:F g:F [m:F], then lr:F (one element) -> for each p' [m'], attributes momentum, nesterov, weightDecay.
// g += wd p; m' = momentum m + g; p' = p - lr (nesterov ? g + momentum m' : m'). Without m, p' = p - lr g. Outputs may be their
// inputs.
int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  const bool keeps = call.n_outputs > 0 && 3 * call.n_outputs == 2 * (call.n_inputs - 1);
  if (const int status = check_updates(call, error, "sgdUpdate", keeps ? 3 : 2, 1, 3)) return status;
  bool nesterov = false;
  if (const int status = flag_attribute(call, error, "sgdUpdate", "nesterov", 1, &nesterov)) return status;
  const double momentum = call.attributes[0], decay = call.attributes[2];
  if (!keeps && momentum != 0)
    return fail(error, HEBB_BAD_SHAPE, "sgdUpdate: expected a momentum array for a momentum of %g, received none", momentum);
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    if (keeps)
      with_momentum<T>(call, static_cast<T>(momentum), nesterov, static_cast<T>(decay));
    else
      plain<T>(call, static_cast<T>(decay));
  };
  return with_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "float32 or float64", dtype);
}

}  // namespace hebb
