// where, over the select() of the engine that includes this.
#pragma once

#include "cpu/broadcastPlan.h"

namespace hebb {

// c:bool a:T b:T -> y:T, broadcasting: a where c is true, else b.
int where_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "where", 1, 3, 0)) return status;
  const int dtype = call.inputs[1].dtype;
  if (const int status = check_dtype(error, "where", "a condition", call.inputs[0], HEBB_BOOL)) return status;
  if (const int status = check_dtype(error, "where", "a third input", call.inputs[2], dtype)) return status;
  if (const int status = check_dtype(error, "where", "an output", call.outputs[0], dtype)) return status;
  Broadcast plan;
  if (const int status = plan_broadcast(call, error, "where", &plan)) return status;
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  with_width(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    select(plan, data<T>(call.outputs[0]), data<uint8_t>(call.inputs[0]), data<T>(call.inputs[1]), data<T>(call.inputs[2]));
  });
  return HEBB_OK;
}

}  // namespace hebb
