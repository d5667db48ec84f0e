// The kernels of unary.h's functions, over the map() of the engine that includes this.
#pragma once

#include <limits>

#include "cpu/check.h"
#include "ops/unary.h"

namespace hebb {
namespace {

int check_unary(const Call& call, hebb_error& error, const char* op, uint32_t attributes) {
  if (const int status = check_operands(call, error, op, 1, 1, attributes)) return status;
  return check_same_dims(error, op, "an output", call.inputs[0], call.outputs[0]);
}

template <typename Out, typename In, typename Op>
void map_call(const Call& call, const Op& op) {
  map(data<Out>(call.outputs[0]), data<In>(call.inputs[0]), elements(call.inputs[0]), op);
}

// y:T = op(x:T) for every numeric dtype.
template <typename Op>
int map_numbers(const Call& call, hebb_error& error, const char* name, const Op& op) {
  if (const int status = check_unary(call, error, name, 0)) return status;
  const int dtype = call.inputs[0].dtype;
  if (const int status = check_dtype(error, name, "an output", call.outputs[0], dtype)) return status;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    map_call<T, T>(call, op);
  };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, name, "an input", "a numeric dtype", dtype);
}

// y:F = op(x:F) for every floating-point dtype.
template <typename Op>
int map_floats(const Call& call, hebb_error& error, const char* name, uint32_t attributes, const Op& op) {
  if (const int status = check_unary(call, error, name, attributes)) return status;
  const int dtype = call.inputs[0].dtype;
  if (const int status = check_dtype(error, name, "an output", call.outputs[0], dtype)) return status;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    map_call<T, T>(call, op);
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, name, "an input", "a floating-point dtype", dtype);
}

// y:bool = op(x:F).
template <typename Op>
int map_test(const Call& call, hebb_error& error, const char* name, const Op& op) {
  if (const int status = check_unary(call, error, name, 0)) return status;
  if (const int status = check_dtype(error, name, "an output", call.outputs[0], HEBB_BOOL)) return status;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) { map_call<uint8_t, typename decltype(type)::type>(call, op); };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, name, "an input", "a floating-point dtype", dtype);
}

// The bounds of a clip in T: rounded inwards, since no integer lies between a fraction and its neighbour.
template <typename T>
Clip<T> clip_bounds(double low, double high) {
  if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    // 2^63 as a double is one past the largest int64, hence >= and the clamp before the conversion.
    const auto bound = [](double x) {
      if (x >= static_cast<double>(Limits::max())) return Limits::max();
      if (x <= static_cast<double>(Limits::min())) return Limits::min();
      return static_cast<T>(x);
    };
    return {bound(std::ceil(low)), bound(std::floor(high))};
  } else {
    return {static_cast<T>(low), static_cast<T>(high)};
  }
}

}  // namespace

// x:T -> y:T. Integers wrap.
int neg_kernel(const Call& call, hebb_error& error) { return map_numbers(call, error, "neg", Neg{}); }
int abs_kernel(const Call& call, hebb_error& error) { return map_numbers(call, error, "abs", Abs{}); }
int sign_kernel(const Call& call, hebb_error& error) { return map_numbers(call, error, "sign", Sign{}); }
int square_kernel(const Call& call, hebb_error& error) { return map_numbers(call, error, "square", Square{}); }
int relu_kernel(const Call& call, hebb_error& error) { return map_numbers(call, error, "relu", Relu{}); }

// x:F -> y:F.
int exp_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "exp", 0, Exp{}); }
int log_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "log", 0, Log{}); }
int log1p_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "log1p", 0, Log1p{}); }
int expm1_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "expm1", 0, Expm1{}); }
int sqrt_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "sqrt", 0, Sqrt{}); }
int rsqrt_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "rsqrt", 0, Rsqrt{}); }
int reciprocal_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "reciprocal", 0, Reciprocal{}); }
int sin_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "sin", 0, Sin{}); }
int cos_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "cos", 0, Cos{}); }
int tanh_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "tanh", 0, Tanh{}); }
int erf_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "erf", 0, Erf{}); }
int sigmoid_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "sigmoid", 0, Sigmoid{}); }
int silu_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "silu", 0, Silu{}); }
int softplus_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "softplus", 0, Softplus{}); }
int floor_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "floor", 0, Floor{}); }
int ceil_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "ceil", 0, Ceil{}); }
int round_kernel(const Call& call, hebb_error& error) { return map_floats(call, error, "round", 0, Round{}); }

// x:F -> y:F; alpha is the slope, or the limit, below zero.
int leakyRelu_kernel(const Call& call, hebb_error& error) {
  return map_floats(call, error, "leakyRelu", 1, LeakyRelu{call.n_attributes == 1 ? call.attributes[0] : 0});
}
int elu_kernel(const Call& call, hebb_error& error) {
  return map_floats(call, error, "elu", 1, Elu{call.n_attributes == 1 ? call.attributes[0] : 0});
}

// x:F -> y:F; approximate: 0 through erf, 1 through tanh.
int gelu_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_unary(call, error, "gelu", 1)) return status;
  bool approximate = false;
  if (const int status = flag_attribute(call, error, "gelu", "approximate", 0, &approximate)) return status;
  return approximate ? map_floats(call, error, "gelu", 1, GeluTanh{}) : map_floats(call, error, "gelu", 1, Gelu{});
}

// x:T -> y:T within [min, max]; NaN stays.
int clip_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_unary(call, error, "clip", 2)) return status;
  const double low = call.attributes[0], high = call.attributes[1];
  if (!(low <= high))
    return fail(error, HEBB_BAD_RANGE, "clip: expected min <= max, received min %.17g and max %.17g", low, high);
  const int dtype = call.inputs[0].dtype;
  if (const int status = check_dtype(error, "clip", "an output", call.outputs[0], dtype)) return status;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    map_call<T, T>(call, clip_bounds<Wide<T>>(low, high));
  };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, "clip", "an input", "a numeric dtype", dtype);
}

// x:F -> y:bool.
int isNaN_kernel(const Call& call, hebb_error& error) { return map_test(call, error, "isNaN", IsNaN{}); }
int isFinite_kernel(const Call& call, hebb_error& error) { return map_test(call, error, "isFinite", IsFinite{}); }

// x:bool -> y:bool.
int logicalNot_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_unary(call, error, "logicalNot", 0)) return status;
  if (const int status = check_dtype(error, "logicalNot", "an input", call.inputs[0], HEBB_BOOL)) return status;
  if (const int status = check_dtype(error, "logicalNot", "an output", call.outputs[0], HEBB_BOOL)) return status;
  map_call<uint8_t, uint8_t>(call, LogicalNot{});
  return HEBB_OK;
}

}  // namespace hebb
