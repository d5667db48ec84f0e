#include "ops/binary.h"

#include "cpu/broadcast.h"
#include "cpu/map.h"

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

template <typename T>
bool has_zero(const View& view) {
  const T* x = data<T>(view);
  const int64_t n = elements(view);
  int zeros = 0;
  for (int64_t i = 0; i < n; ++i) zeros |= x[i] == 0 ? 1 : 0;
  return zeros != 0;
}

bool integer_zero(const View& view) {
  bool found = false;
  with_number(view.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (std::is_integral_v<T>) found = has_zero<T>(view);
  });
  return found;
}

struct SquareFirst {
  template <typename T>
  T operator()(T a, T) const {
    return a * a;
  }
};

// x^2 is worth knowing: it is most of the powers in use, and a multiplication instead of a call.
bool exponent_is_two(const View& b) {
  if (elements(b) != 1) return false;
  bool two = false;
  with_any_float(b.dtype, [&](auto type) { two = *data<typename decltype(type)::type>(b) == 2; });
  return two;
}

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
  if (elements(call.outputs[0]) > 0 && integer_zero(call.inputs[1]))
    return fail(error, HEBB_BAD_RANGE, "mod: expected integer divisors other than 0, received a 0");
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) { apply<typename decltype(type)::type>(call, plan, Mod{}); };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, "mod", "inputs", "a numeric dtype", dtype);
}

}  // namespace hebb
