#include "cuda/updates.cuh"
#include "ops/sgd.h"

namespace hebb {
namespace {

// The arrays of a parameter: p, g and what p becomes; with momentum m and what that becomes.
enum Array { kP, kG, kToP, kM, kToM };

// The learning rate is read where it lies.
template <typename T, int Arrays>
__global__ void sgd_elements(const __grid_constant__ UpdateTable<Arrays> table, SgdStep<Wide<T>> step, const T* rate) {
  step.rate = widened(*rate);
  for_updates(table, [&](void* const* at, int64_t i) {
    const auto element = [&](Array array) -> T& { return static_cast<T*>(at[array])[i]; };
    if constexpr (Arrays > kM) {
      Wide<T> moved = widened(element(kM));
      element(kToP) = step(widened(element(kP)), widened(element(kG)), &moved);
      element(kToM) = moved;
    } else {
      element(kToP) = step(widened(element(kP)), widened(element(kG)));
    }
  });
}

template <typename T, int Arrays>
void update(const Call& call) {
  const auto wide = [](double x) { return static_cast<Wide<T>>(x); };
  const SgdStep<Wide<T>> step = {0, wide(call.attributes[0]), wide(call.attributes[2]), call.attributes[1] != 0};
  constexpr uint32_t given = Arrays > kM ? 3 : 2, made = given - 1;
  const auto fill = [&](uint32_t i, void** at) {
    const View *in = call.inputs + given * i, *out = call.outputs + made * i;
    at[kP] = in[0].data;
    at[kG] = in[1].data;
    at[kToP] = out[0].data;
    if constexpr (Arrays > kM) {
      at[kM] = in[2].data;
      at[kToM] = out[1].data;
    }
    return elements(in[0]);
  };
  launch_updates<Arrays>(call.n_outputs / made, fill, [&](const UpdateTable<Arrays>& table) {
    if (table.count == 0) return;
    HEBB_LAUNCH((sgd_elements<T, Arrays>), table.blocks, kThreads, table, step, data<const T>(call.inputs[call.n_inputs - 1]));
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
      update<T, kToM + 1>(call);
    else
      update<T, kToP + 1>(call);
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
