#include "ops/sgd.cuda.h"

namespace hebb {
namespace {

// The learning rate is read where it lies.
template <typename T, int Arrays>
__global__ void sgd_elements(const __grid_constant__ UpdateTable<Arrays> table, SgdStep<Wide<T>> step, const T* rate,
                             FaultRecord* faults) {
  begin_kernel();
  step.rate = widened(*rate);
  const bool valid = !is_fault(faults);
  for_updates(table, [&](void* const* at, int64_t i) { sgd_element<T, Arrays>(step, valid, at, i); });
}

template <typename T, int Arrays>
void update(const Call& call) {
  const auto wide = [](double x) { return static_cast<Wide<T>>(x); };
  const SgdStep<Wide<T>> step = {0, wide(call.attributes[0]), wide(call.attributes[2]), call.attributes[1] != 0};
  using A = SgdArrays;
  constexpr bool keeps = Arrays == A::kMomentum;
  constexpr uint32_t given = keeps ? 3 : 2, made = given - 1;
  const T* rate = data<const T>(call.inputs[call.n_inputs - 1]);
  const auto fill = [&](uint32_t i, void** at) {
    const View *in = call.inputs + given * i, *out = call.outputs + made * i;
    at[A::kP] = in[0].data;
    at[A::kG] = in[1].data;
    at[A::kToP] = out[0].data;
    if constexpr (keeps) {
      at[A::kM] = in[2].data;
      at[A::kToM] = out[1].data;
    }
    return elements(in[0]);
  };
  launch_updates<Arrays>(call.n_outputs / made, fill, [&](const UpdateTable<Arrays>& table) {
    if (table.count == 0) return;
    if constexpr (std::is_same_v<T, float>)
      if (gather_updates(keeps ? Small::kSgdMomentum : Small::kSgd, SmallSgd<Arrays>{step, rate, fault_record(), {}}, table))
        return;
    HEBB_LAUNCH((sgd_elements<T, Arrays>), table.blocks, kThreads, table, step, rate, fault_record());
    check_launch("sgdUpdate");
  });
}

}  // namespace

int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_sgd(call, error)) return status;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    if (keeps_momentum(call))
      update<T, SgdArrays::kMomentum>(call);
    else
      update<T, SgdArrays::kPlain>(call);
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
