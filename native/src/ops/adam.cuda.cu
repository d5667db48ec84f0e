#include "cuda/fault.h"
#include "cuda/updates.cuh"
#include "ops/adam.h"

namespace hebb {
namespace {

// The arrays of a parameter: p, g, m and v, then what p, m and v become.
enum Array { kP, kG, kM, kV, kToP, kToM, kToV, kArrays };
using Table = UpdateTable<kArrays>;

// One thread of each block works out what does not depend on the element. A step below 1 changes nothing but is reported.
template <typename T>
__global__ void adam_elements(const __grid_constant__ Table table, AdamSettings settings, const T* rate, const T* steps,
                              FaultSite fault) {
  HEBB_SHARED(AdamStep<Wide<T>>, shared);
  const double step = static_cast<double>(widened(*steps));
  const bool valid = step >= 1;
  if (threadIdx.x == 0) {
    shared = adam_step<Wide<T>>(settings, static_cast<double>(widened(*rate)), step);
    if (!valid && blockIdx.x == 0) fault.report(__double_as_longlong(step), 0);
  }
  __syncthreads();
  const AdamStep<Wide<T>> update = shared;
  for_updates(table, [&](void* const* at, int64_t i) {
    const auto element = [&](Array array) -> T& { return static_cast<T*>(at[array])[i]; };
    Wide<T> p = widened(element(kP)), m = widened(element(kM)), v = widened(element(kV));
    if (valid) p = update(p, widened(element(kG)), &m, &v);
    element(kToP) = p;
    element(kToM) = m;
    element(kToV) = v;
  });
}

int64_t fill(const Call& call, uint32_t i, void** at) {
  const View *in = call.inputs + 4 * i, *out = call.outputs + 3 * i;
  for (int k = 0; k < kToP; ++k) at[k] = in[k].data;
  for (int k = kToP; k < kArrays; ++k) at[k] = out[k - kToP].data;
  return elements(in[0]);
}

}  // namespace

int adamUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_adam(call, error)) return status;
  const int dtype = call.inputs[0].dtype;
  const View *rate = &call.inputs[call.n_inputs - 2], *step = rate + 1;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    // Where there is nothing to update, a bad step is reported still.
    launch_updates<kArrays>(
        call.n_outputs / 3, [&](uint32_t i, void** at) { return fill(call, i, at); },
        [&](const Table& table) {
          HEBB_LAUNCH(adam_elements<T>, table.blocks > 0 ? table.blocks : 1, kThreads, table, AdamSettings(call),
                      data<const T>(*rate), data<const T>(*step), fault_site("adamUpdate", FaultKind::kAdamStep, 0));
          check_launch("adamUpdate");
        });
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "adamUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
