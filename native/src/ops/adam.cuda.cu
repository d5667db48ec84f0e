#include "ops/adam.cuda.h"

namespace hebb {
namespace {

using A = AdamArrays;
using Table = UpdateTable<A::kCount>;

template <typename T>
__global__ void adam_elements(const __grid_constant__ Table table, AdamSettings settings, const T* rate, const T* steps,
                              FaultSite fault) {
  begin_kernel();
  const double step = static_cast<double>(widened(*steps));
  const bool valid = step >= 1 && !fault.met();
  if (!(step >= 1) && threadIdx.x == 0 && blockIdx.x == 0) fault.report(__double_as_longlong(step), 0);
  const auto update = shared_adam_step<Wide<T>>(threadIdx.x == 0, settings, static_cast<double>(widened(*rate)), step);
  for_updates(table, [&](void* const* at, int64_t i) { adam_element<T>(update, valid, at, i); });
}

int64_t fill(const Call& call, uint32_t i, void** at) {
  const View *in = call.inputs + 4 * i, *out = call.outputs + 3 * i;
  for (int k = 0; k < A::kToP; ++k) at[k] = in[k].data;
  for (int k = A::kToP; k < A::kCount; ++k) at[k] = out[k - A::kToP].data;
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
    launch_updates<A::kCount>(
        call.n_outputs / 3, [&](uint32_t i, void** at) { return fill(call, i, at); },
        [&](const Table& table) {
          const AdamSettings settings(call);
          const FaultSite fault = fault_site("adamUpdate", FaultKind::kAdamStep, 0);
          const T *rate_at = data<const T>(*rate), *step_at = data<const T>(*step);
          if constexpr (std::is_same_v<T, float>)
            if (gather_updates(Small::kAdam, SmallAdam{settings, rate_at, step_at, fault, {}}, table)) return;
          HEBB_LAUNCH(adam_elements<T>, table.blocks > 0 ? table.blocks : 1, kThreads, table, settings, rate_at, step_at, fault);
          check_launch("adamUpdate");
        });
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "adamUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
