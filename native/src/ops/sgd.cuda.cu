#include "cuda/launch.cuh"
#include "ops/sgd.h"

namespace hebb {
namespace {

// m and to_m are null without momentum. The learning rate is read where it lies.
template <typename T>
__global__ void sgd_elements(SgdStep<Wide<T>> step, const T* rate, const T* p, const T* g, const T* m, T* to, T* to_m,
                             int64_t n) {
  step.rate = widened(*rate);
  for_elements(n, [&](int64_t i) {
    if (m == nullptr) {
      to[i] = step(widened(p[i]), widened(g[i]));
      return;
    }
    Wide<T> moved = widened(m[i]);
    to[i] = step(widened(p[i]), widened(g[i]), &moved);
    to_m[i] = moved;
  });
}

}  // namespace

int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_sgd(call, error)) return status;
  const int dtype = call.inputs[0].dtype;
  const bool keeps = keeps_momentum(call);
  const uint32_t per = keeps ? 3 : 2;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    const auto wide = [](double x) { return static_cast<Wide<T>>(x); };
    const SgdStep<Wide<T>> step = {0, wide(call.attributes[0]), wide(call.attributes[2]), call.attributes[1] != 0};
    const T* rate = data<const T>(call.inputs[call.n_inputs - 1]);
    for (uint32_t i = 0; i < call.n_outputs / (per - 1); ++i) {
      const View *in = call.inputs + per * i, *out = call.outputs + (per - 1) * i;
      const int64_t n = elements(in[0]);
      if (n == 0) continue;
      HEBB_LAUNCH(sgd_elements, grid_for(n), kThreads, step, rate, data<const T>(in[0]), data<const T>(in[1]),
                  keeps ? data<const T>(in[2]) : nullptr, data<T>(out[0]), keeps ? data<T>(out[1]) : nullptr, n);
      check_launch("sgdUpdate");
    }
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
