// Comparisons and logic of two inputs, to bool, over the broadcast_map() of the engine that includes this.
#pragma once

#include "cpu/broadcastPlan.h"
#include "math/hostDevice.h"

namespace hebb {
namespace {

#define HEBB_COMPARISON(Name, expression)        \
  struct Name {                                  \
    template <typename T>                        \
    HEBB_HD uint8_t operator()(T a, T b) const { \
      return expression;                         \
    }                                            \
  };
HEBB_COMPARISON(Equal, a == b)
HEBB_COMPARISON(NotEqual, a != b)
HEBB_COMPARISON(Less, a < b)
HEBB_COMPARISON(LessEqual, a <= b)
HEBB_COMPARISON(Greater, a > b)
HEBB_COMPARISON(GreaterEqual, a >= b)
HEBB_COMPARISON(And, (a != 0) & (b != 0))
HEBB_COMPARISON(Or, (a | b) != 0)
HEBB_COMPARISON(Xor, (a != 0) ^ (b != 0))
#undef HEBB_COMPARISON

int check_compare(const Call& call, hebb_error& error, const char* op, Broadcast* plan) {
  if (const int status = check_operands(call, error, op, 1, 2, 0)) return status;
  if (const int status = check_dtype(error, op, "a second input", call.inputs[1], call.inputs[0].dtype)) return status;
  if (const int status = check_dtype(error, op, "an output", call.outputs[0], HEBB_BOOL)) return status;
  return plan_broadcast(call, error, op, plan);
}

template <typename T, typename Op>
void compare_all(const Call& call, const Broadcast& plan, const Op& op) {
  broadcast_map(plan, data<uint8_t>(call.outputs[0]), data<T>(call.inputs[0]), data<T>(call.inputs[1]), op);
}

template <typename Op>
int compare(const Call& call, hebb_error& error, const char* name, const Op& op) {
  Broadcast plan;
  if (const int status = check_compare(call, error, name, &plan)) return status;
  const int dtype = call.inputs[0].dtype == HEBB_BOOL ? HEBB_UINT8 : call.inputs[0].dtype;
  const auto body = [&](auto type) { compare_all<typename decltype(type)::type>(call, plan, op); };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, name, "inputs", "a numeric dtype or bool", dtype);
}

template <typename Op>
int logical(const Call& call, hebb_error& error, const char* name, const Op& op) {
  Broadcast plan;
  if (const int status = check_compare(call, error, name, &plan)) return status;
  if (const int status = check_dtype(error, name, "inputs", call.inputs[0], HEBB_BOOL)) return status;
  compare_all<uint8_t>(call, plan, op);
  return HEBB_OK;
}

}  // namespace

// a:T b:T (or bool) -> y:bool, broadcasting. NaN equals nothing.
int equal_kernel(const Call& call, hebb_error& error) { return compare(call, error, "equal", Equal{}); }
int notEqual_kernel(const Call& call, hebb_error& error) { return compare(call, error, "notEqual", NotEqual{}); }
int less_kernel(const Call& call, hebb_error& error) { return compare(call, error, "less", Less{}); }
int lessEqual_kernel(const Call& call, hebb_error& error) { return compare(call, error, "lessEqual", LessEqual{}); }
int greater_kernel(const Call& call, hebb_error& error) { return compare(call, error, "greater", Greater{}); }
int greaterEqual_kernel(const Call& call, hebb_error& error) { return compare(call, error, "greaterEqual", GreaterEqual{}); }

// a:bool b:bool -> y:bool, broadcasting.
int logicalAnd_kernel(const Call& call, hebb_error& error) { return logical(call, error, "logicalAnd", And{}); }
int logicalOr_kernel(const Call& call, hebb_error& error) { return logical(call, error, "logicalOr", Or{}); }
int logicalXor_kernel(const Call& call, hebb_error& error) { return logical(call, error, "logicalXor", Xor{}); }

}  // namespace hebb
