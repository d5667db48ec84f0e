// The kernels of binary.h's functions, over the engine that includes this: its broadcast_map(), refuse_integer_zero() and
// exponent_is_two().
#pragma once

#include "cpu/broadcastPlan.h"
#include "ops/binary.h"

namespace hebb {
namespace {

int check_binary(const Call& call, hebb_error& error, const char* op, Broadcast* plan) {
  if (const int status = check_operands(call, error, op, 1, 2, 0)) return status;
  const int dtype = call.inputs[0].dtype;
  if (const int status = check_dtype(error, op, "a second input", call.inputs[1], dtype)) return status;
  if (const int status = check_dtype(error, op, "an output", call.outputs[0], dtype)) return status;
  return plan_broadcast(call, error, op, plan);
}

template <typename T, typename Op>
void apply(const Call& call, const Broadcast& plan, const Op& op) {
  broadcast_map(plan, data<T>(call.outputs[0]), data<T>(call.inputs[0]), data<T>(call.inputs[1]), op);
}

template <typename Op>
int binary(const Call& call, hebb_error& error, const char* name, const Op& op) {
  Broadcast plan;
  if (const int status = check_binary(call, error, name, &plan)) return status;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) { apply<typename decltype(type)::type>(call, plan, op); };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, name, "inputs", "a numeric dtype", dtype);
}

struct SquareFirst {
  template <typename T>
  HEBB_HD T operator()(T a, T) const {
    return a * a;
  }
};

}  // namespace

// a:T b:T -> y:T, broadcasting; integers wrap.
int add_kernel(const Call& call, hebb_error& error) { return binary(call, error, "add", Add{}); }
int sub_kernel(const Call& call, hebb_error& error) { return binary(call, error, "sub", Sub{}); }
int mul_kernel(const Call& call, hebb_error& error) { return binary(call, error, "mul", Mul{}); }

// a:T b:T -> y:T, broadcasting; NaN wins.
int maximum_kernel(const Call& call, hebb_error& error) { return binary(call, error, "maximum", Maximum{}); }
int minimum_kernel(const Call& call, hebb_error& error) { return binary(call, error, "minimum", Minimum{}); }

// a:F b:F -> y:F, broadcasting.
int div_kernel(const Call& call, hebb_error& error) {
  Broadcast plan;
  if (const int status = check_binary(call, error, "div", &plan)) return status;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) { apply<typename decltype(type)::type>(call, plan, Div{}); };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "div", "inputs", "a floating-point dtype", dtype);
}

// a:T b:T -> y:T, broadcasting; integers wrap.
int pow_kernel(const Call& call, hebb_error& error) {
  Broadcast plan;
  if (const int status = check_binary(call, error, "pow", &plan)) return status;
  const int dtype = call.inputs[0].dtype;
  if (elements(call.outputs[0]) > 0 && exponent_is_two(call.inputs[1])) {
    with_any_float(dtype, [&](auto type) { apply<typename decltype(type)::type>(call, plan, SquareFirst{}); });
    return HEBB_OK;
  }
  const auto body = [&](auto type) { apply<typename decltype(type)::type>(call, plan, Pow{}); };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, "pow", "inputs", "a numeric dtype", dtype);
}

// a:T b:T -> y:T with b's sign, broadcasting; an integer zero in b is refused.
int mod_kernel(const Call& call, hebb_error& error) {
  Broadcast plan;
  if (const int status = check_binary(call, error, "mod", &plan)) return status;
  if (elements(call.outputs[0]) > 0)
    if (const int status = refuse_integer_zero(error, call.inputs[1])) return status;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) { apply<typename decltype(type)::type>(call, plan, Mod{}); };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, "mod", "inputs", "a numeric dtype", dtype);
}

}  // namespace hebb
