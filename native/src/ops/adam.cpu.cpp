// Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2), in one pass over the parameters.
#include "ops/adam.h"

#include "cpu/map.h"

namespace hebb {
namespace {

template <typename T>
void update(const Call& call, const AdamStep<T>& step) {
  const T* p = data<T>(call.inputs[0]);
  const T* g = data<T>(call.inputs[1]);
  const T* m = data<T>(call.inputs[2]);
  const T* v = data<T>(call.inputs[3]);
  T* to_p = data<T>(call.outputs[0]);
  T* to_m = data<T>(call.outputs[1]);
  T* to_v = data<T>(call.outputs[2]);
  parallel_for(elements(call.inputs[0]), chunk_elements<T, T, T, T, T, T, T>(), [=](int64_t begin, int64_t end) {
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

// p g m v:F, lr:F (one element), step:F (one element, from 1) -> p' m' v', attributes beta1, beta2, epsilon, weightDecay,
// decoupled. m' = b1 m + (1 - b1) g; v' = b2 v + (1 - b2) g^2; p' = p - lr / (1 - b1^t) m' / (sqrt(v' / (1 - b2^t)) + epsilon).
// Weight decay joins g, or, decoupled, shrinks p by lr * weightDecay. Outputs may be their inputs.
int adamUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_adam(call, error)) return status;
  const int dtype = call.inputs[0].dtype;
  double step = 1;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    step = static_cast<double>(*data<T>(call.inputs[5]));
    if (step >= 1) update<T>(call, adam_step<T>(AdamSettings(call), static_cast<double>(*data<T>(call.inputs[4])), step));
  };
  if (!with_float(dtype, body)) return fail_dtype(error, "adamUpdate", "parameters", "float32 or float64", dtype);
  return step >= 1 ? HEBB_OK : fail_adam_step(error, step);
}

}  // namespace hebb
