// The kernels of activationGrad.h's functions, over the map() of the engine that includes this.
#pragma once

#include "cpu/check.h"
#include "ops/activationGrad.h"

namespace hebb {
namespace {

template <typename Op>
int gradient(const Call& call, hebb_error& error, const char* name, uint32_t attributes, const Op& op) {
  if (const int status = check_operands(call, error, name, 1, 2, attributes)) return status;
  const View& g = call.inputs[0];
  if (const int status = check_same_dims(error, name, "a second input", g, call.inputs[1])) return status;
  if (const int status = check_same_dims(error, name, "an output", g, call.outputs[0])) return status;
  if (const int status = check_dtype(error, name, "a second input", call.inputs[1], g.dtype)) return status;
  if (const int status = check_dtype(error, name, "an output", call.outputs[0], g.dtype)) return status;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    map(data<T>(call.outputs[0]), data<T>(g), data<T>(call.inputs[1]), elements(g), op);
  };
  return with_any_float(g.dtype, body) ? HEBB_OK : fail_dtype(error, name, "inputs", "a floating-point dtype", g.dtype);
}

}  // namespace

// g:F y:F -> dx:F from the output y.
int reluGrad_kernel(const Call& call, hebb_error& error) { return gradient(call, error, "reluGrad", 0, ReluGrad{}); }
int tanhGrad_kernel(const Call& call, hebb_error& error) { return gradient(call, error, "tanhGrad", 0, TanhGrad{}); }
int sigmoidGrad_kernel(const Call& call, hebb_error& error) { return gradient(call, error, "sigmoidGrad", 0, SigmoidGrad{}); }

// g:F x:F -> dx:F from the input x; approximate: 0 through erf, 1 through tanh.
int geluGrad_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "geluGrad", 1, 2, 1)) return status;
  bool approximate = false;
  if (const int status = flag_attribute(call, error, "geluGrad", "approximate", 0, &approximate)) return status;
  return approximate ? gradient(call, error, "geluGrad", 1, GeluTanhGrad{}) : gradient(call, error, "geluGrad", 1, GeluGrad{});
}

}  // namespace hebb
