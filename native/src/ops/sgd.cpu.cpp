// Stochastic gradient descent with momentum, in one pass over the parameters.
#include <cmath>

#include "cpu/check.h"
#include "cpu/map.h"

namespace hebb {
namespace {

int check_sgd(const Call& call, hebb_error& error) {
  const uint32_t outputs = call.n_inputs == 4 ? 2 : 1;
  if (const int status = check_operands(call, error, "sgdUpdate", outputs, 2 + outputs, 3)) return status;
  const View& p = call.inputs[0];
  for (uint32_t i = 1; i < call.n_inputs; ++i) {
    if (const int status = check_dtype(error, "sgdUpdate", "every input", call.inputs[i], p.dtype)) return status;
    if (i == 2) continue;
    if (const int status = check_same_dims(error, "sgdUpdate", "a gradient and a momentum", p, call.inputs[i])) return status;
  }
  for (uint32_t i = 0; i < outputs; ++i) {
    if (const int status = check_dtype(error, "sgdUpdate", "every output", call.outputs[i], p.dtype)) return status;
    if (const int status = check_same_dims(error, "sgdUpdate", "every output", p, call.outputs[i])) return status;
  }
  if (elements(call.inputs[2]) != 1)
    return fail(error, HEBB_BAD_SHAPE, "sgdUpdate: expected one learning rate, received shape %s",
                DimsText(call.inputs[2]).c_str());
  return HEBB_OK;
}

template <typename T>
void plain(const Call& call, T decay) {
  const T* p = data<T>(call.inputs[0]);
  const T* g = data<T>(call.inputs[1]);
  const T rate = *data<T>(call.inputs[2]);
  T* to = data<T>(call.outputs[0]);
  parallel_for(elements(call.inputs[0]), chunk_elements<T, T, T>(), [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) to[i] = p[i] - rate * (g[i] + decay * p[i]);
  });
}

template <typename T>
void with_momentum(const Call& call, T momentum, bool nesterov, T decay) {
  const T* p = data<T>(call.inputs[0]);
  const T* g = data<T>(call.inputs[1]);
  const T rate = *data<T>(call.inputs[2]);
  const T* m = data<T>(call.inputs[3]);
  T* to = data<T>(call.outputs[0]);
  T* to_m = data<T>(call.outputs[1]);
  // The step is a * gradient + b * new momentum, which covers both forms.
  const T a = nesterov ? T{1} : T{0}, b = nesterov ? momentum : T{1};
  parallel_for(elements(call.inputs[0]), chunk_elements<T, T, T, T, T>(), [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      const T gradient = g[i] + decay * p[i];
      const T moved = momentum * m[i] + gradient;
      to_m[i] = moved;
      to[i] = p[i] - rate * (nesterov ? a * gradient + b * moved : moved);
    }
  });
}

}  // namespace

// p:F g:F lr:F (one element) [m:F] -> p' [m'], attributes momentum, nesterov, weightDecay. g += wd p; m' = momentum m + g;
// p' = p - lr (nesterov ? g + momentum m' : m'). Without m, p' = p - lr g. Outputs may be their inputs.
int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_sgd(call, error)) return status;
  bool nesterov = false;
  if (const int status = flag_attribute(call, error, "sgdUpdate", "nesterov", 1, &nesterov)) return status;
  const double momentum = call.attributes[0], decay = call.attributes[2];
  const bool keeps = call.n_inputs == 4;
  if (!keeps && momentum != 0)
    return fail(error, HEBB_BAD_SHAPE, "sgdUpdate: expected a momentum array for a momentum of %g, received none", momentum);
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    if (keeps)
      with_momentum<T>(call, static_cast<T>(momentum), nesterov, static_cast<T>(decay));
    else
      plain<T>(call, static_cast<T>(decay));
  };
  return with_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "float32 or float64", dtype);
}

}  // namespace hebb
