#include "cuda/fault.h"
#include "cuda/launch.cuh"
#include "ops/adam.h"

namespace hebb {
namespace {

template <typename T>
struct AdamArrays {
  const T *p, *g, *m, *v, *rate, *step;
  T *to_p, *to_m, *to_v;
};

// One thread of each block works out what does not depend on the element. A step below 1 changes nothing but is reported.
template <typename T>
__global__ void adam_elements(AdamSettings settings, AdamArrays<T> a, int64_t n, FaultSite fault) {
  HEBB_SHARED(AdamStep<Wide<T>>, shared);
  const double step = static_cast<double>(widened(*a.step));
  const bool valid = step >= 1;
  if (threadIdx.x == 0) {
    shared = adam_step<Wide<T>>(settings, static_cast<double>(widened(*a.rate)), step);
    if (!valid && blockIdx.x == 0) fault.report(__double_as_longlong(step), 0);
  }
  __syncthreads();
  const AdamStep<Wide<T>> update = shared;
  for_elements(n, [&](int64_t i) {
    Wide<T> p = widened(a.p[i]), m = widened(a.m[i]), v = widened(a.v[i]);
    if (valid) p = update(p, widened(a.g[i]), &m, &v);
    a.to_p[i] = p;
    a.to_m[i] = m;
    a.to_v[i] = v;
  });
}

}  // namespace

int adamUpdate_kernel(const Call &call, hebb_error &error) {
  if (const int status = check_adam(call, error)) return status;
  const int dtype = call.inputs[0].dtype;
  const View *rate = &call.inputs[call.n_inputs - 2], *step = rate + 1;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    for (uint32_t i = 0; i < call.n_outputs / 3; ++i) {
      const View *in = call.inputs + 4 * i, *out = call.outputs + 3 * i;
      const int64_t n = elements(in[0]);
      const AdamArrays<T> arrays = {data<const T>(in[0]), data<const T>(in[1]), data<const T>(in[2]),
                                    data<const T>(in[3]), data<const T>(*rate), data<const T>(*step),
                                    data<T>(out[0]),      data<T>(out[1]),      data<T>(out[2])};
      HEBB_LAUNCH(adam_elements, grid_for(n > 0 ? n : 1), kThreads, AdamSettings(call), arrays, n,
                  fault_site("adamUpdate", FaultKind::kAdamStep, 0));
      check_launch("adamUpdate");
    }
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "adamUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
