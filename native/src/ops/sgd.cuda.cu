#include "cuda/launch.cuh"
#include "ops/sgd.h"

namespace hebb {
namespace {

// m and to_m are null without momentum. The learning rate is read where it lies.
template <typename T>
__global__ void sgd_elements(SgdStep<T> step, const T* rate, const T* p, const T* g, const T* m, T* to, T* to_m, int64_t n) {
  step.rate = *rate;
  for_elements(n, [&](int64_t i) {
    if (m == nullptr) {
      to[i] = step(p[i], g[i]);
      return;
    }
    T moved = m[i];
    to[i] = step(p[i], g[i], &moved);
    to_m[i] = moved;
  });
}

}  // namespace

int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_sgd(call, error)) return status;
  const View* in = call.inputs;
  const int64_t n = elements(in[0]);
  const bool keeps = call.n_inputs == 4;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    if (n == 0) return;
    const SgdStep<T> step = {T{}, static_cast<T>(call.attributes[0]), static_cast<T>(call.attributes[2]),
                             call.attributes[1] != 0};
    HEBB_LAUNCH(sgd_elements, grid_for(n), kThreads, step, data<const T>(in[2]), data<const T>(in[0]), data<const T>(in[1]),
                keeps ? data<const T>(in[3]) : nullptr, data<T>(call.outputs[0]), keeps ? data<T>(call.outputs[1]) : nullptr, n);
    check_launch("sgdUpdate");
  };
  return with_float(in[0].dtype, body) ? HEBB_OK
                                       : fail_dtype(error, "sgdUpdate", "parameters", "float32 or float64", in[0].dtype);
}

}  // namespace hebb
