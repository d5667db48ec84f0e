// Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2), in one pass over the parameters.
#include "ops/adam.h"

#include "ops/parameters.h"

namespace hebb {
namespace {

template <typename T>
void update(const Call& call, const AdamStep<T>& step) {
  constexpr int64_t chunk = chunk_elements<T, T, T, T, T, T, T>();
  for_parameters(call, 4, chunk, [=](const View* in, const View* out, int64_t begin, int64_t end) {
    const T *p = data<T>(in[0]), *g = data<T>(in[1]), *m = data<T>(in[2]), *v = data<T>(in[3]);
    T *to_p = data<T>(out[0]), *to_m = data<T>(out[1]), *to_v = data<T>(out[2]);
    const AdamStep<T> local = step;
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      T first = m[i], second = v[i];
      to_p[i] = local(p[i], g[i], &first, &second);
      to_m[i] = first;
      to_v[i] = second;
    }
  });
}

}  // namespace

// For each parameter p g m v:F, then lr:F (one element), step:F (one element, from 1) -> for each p' m' v', attributes beta1,
// beta2, epsilon, weightDecay, decoupled. m' = b1 m + (1 - b1) g; v' = b2 v + (1 - b2) g^2; p' = p - lr / (1 - b1^t) m' /
// (sqrt(v' / (1 - b2^t)) + epsilon). Weight decay joins g, or, decoupled, shrinks p by lr * weightDecay. Outputs may be their
// inputs.
int adamUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_adam(call, error)) return status;
  const int dtype = call.inputs[0].dtype;
  double step = 1;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    const double rate = *data<T>(call.inputs[call.n_inputs - 2]);
    step = static_cast<double>(*data<T>(call.inputs[call.n_inputs - 1]));
    if (step >= 1) update<T>(call, adam_step<T>(AdamSettings(call), rate, step));
  };
  if (!with_float(dtype, body)) return fail_dtype(error, "adamUpdate", "parameters", "a floating-point dtype", dtype);
  return step >= 1 ? HEBB_OK : fail_adam_step(error, step);
}

}  // namespace hebb
