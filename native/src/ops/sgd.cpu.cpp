// Stochastic gradient descent with momentum, in one pass over the parameters.
#include "ops/sgd.h"

#include "cpu/map.h"

namespace hebb {
namespace {

template <typename T>
void plain(const Call& call, const SgdStep<T>& step) {
  const T* p = data<T>(call.inputs[0]);
  const T* g = data<T>(call.inputs[1]);
  T* to = data<T>(call.outputs[0]);
  parallel_for(elements(call.inputs[0]), chunk_elements<T, T, T>(), [=](int64_t begin, int64_t end) {
    const SgdStep<T> local = step;
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) to[i] = local(p[i], g[i]);
  });
}

template <typename T>
void with_momentum(const Call& call, const SgdStep<T>& step) {
  const T* p = data<T>(call.inputs[0]);
  const T* g = data<T>(call.inputs[1]);
  const T* m = data<T>(call.inputs[3]);
  T* to = data<T>(call.outputs[0]);
  T* to_m = data<T>(call.outputs[1]);
  parallel_for(elements(call.inputs[0]), chunk_elements<T, T, T, T, T>(), [=](int64_t begin, int64_t end) {
    const SgdStep<T> local = step;
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      T moved = m[i];
      to[i] = local(p[i], g[i], &moved);
      to_m[i] = moved;
    }
  });
}

}  // namespace

// p:F g:F lr:F (one element) [m:F] -> p' [m'], attributes momentum, nesterov, weightDecay. g += wd p; m' = momentum m + g;
// p' = p - lr (nesterov ? g + momentum m' : m'). Without m, p' = p - lr g. Outputs may be their inputs.
int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_sgd(call, error)) return status;
  const double momentum = call.attributes[0], decay = call.attributes[2];
  const bool nesterov = call.attributes[1] != 0;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    const SgdStep<T> step = {*data<T>(call.inputs[2]), static_cast<T>(momentum), static_cast<T>(decay), nesterov};
    if (call.n_inputs == 4)
      with_momentum<T>(call, step);
    else
      plain<T>(call, step);
  };
  return with_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "float32 or float64", dtype);
}

}  // namespace hebb
