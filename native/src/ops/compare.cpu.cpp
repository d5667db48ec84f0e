// Comparisons and logic of two inputs, to bool.
#include <functional>

#include "cpu/broadcast.h"

namespace hebb {
namespace {

int check_compare(const Call& call, hebb_error& error, const char* op, Broadcast* plan) {
  if (const int status = check_operands(call, error, op, 1, 2, 0)) return status;
  if (const int status = check_dtype(error, op, "a second input", call.inputs[1], call.inputs[0].dtype)) return status;
  if (const int status = check_dtype(error, op, "an output", call.outputs[0], HEBB_BOOL)) return status;
  return plan_broadcast(call, error, op, plan);
}

template <typename T, typename Op>
void apply(const Call& call, const Broadcast& plan, const Op& op) {
  broadcast_map(plan, data<uint8_t>(call.outputs[0]), data<T>(call.inputs[0]), data<T>(call.inputs[1]),
                [op](Wide<T> a, Wide<T> b) -> uint8_t { return op(a, b); });
}

template <typename Op>
int compare(const Call& call, hebb_error& error, const char* name, const Op& op) {
  Broadcast plan;
  if (const int status = check_compare(call, error, name, &plan)) return status;
  const int dtype = call.inputs[0].dtype == HEBB_BOOL ? HEBB_UINT8 : call.inputs[0].dtype;
  const auto body = [&](auto type) { apply<typename decltype(type)::type>(call, plan, op); };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, name, "inputs", "a numeric dtype or bool", dtype);
}

template <typename Op>
int logical(const Call& call, hebb_error& error, const char* name, const Op& op) {
  Broadcast plan;
  if (const int status = check_compare(call, error, name, &plan)) return status;
  if (const int status = check_dtype(error, name, "inputs", call.inputs[0], HEBB_BOOL)) return status;
  apply<uint8_t>(call, plan, op);
  return HEBB_OK;
}

struct And {
  bool operator()(uint8_t a, uint8_t b) const { return (a != 0) & (b != 0); }
};
struct Or {
  bool operator()(uint8_t a, uint8_t b) const { return (a | b) != 0; }
};
struct Xor {
  bool operator()(uint8_t a, uint8_t b) const { return (a != 0) ^ (b != 0); }
};

}  // namespace

// a:T b:T (or bool) -> y:bool, broadcasting. NaN equals nothing.
int equal_kernel(const Call& call, hebb_error& error) { return compare(call, error, "equal", std::equal_to<>{}); }
int notEqual_kernel(const Call& call, hebb_error& error) { return compare(call, error, "notEqual", std::not_equal_to<>{}); }
int less_kernel(const Call& call, hebb_error& error) { return compare(call, error, "less", std::less<>{}); }
int lessEqual_kernel(const Call& call, hebb_error& error) { return compare(call, error, "lessEqual", std::less_equal<>{}); }
int greater_kernel(const Call& call, hebb_error& error) { return compare(call, error, "greater", std::greater<>{}); }
int greaterEqual_kernel(const Call& call, hebb_error& error) {
  return compare(call, error, "greaterEqual", std::greater_equal<>{});
}

// a:bool b:bool -> y:bool, broadcasting.
int logicalAnd_kernel(const Call& call, hebb_error& error) { return logical(call, error, "logicalAnd", And{}); }
int logicalOr_kernel(const Call& call, hebb_error& error) { return logical(call, error, "logicalOr", Or{}); }
int logicalXor_kernel(const Call& call, hebb_error& error) { return logical(call, error, "logicalXor", Xor{}); }

}  // namespace hebb
