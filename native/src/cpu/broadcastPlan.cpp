#include "cpu/broadcastPlan.h"

namespace hebb {
namespace {

// The dimension of a view at a distance from the innermost one; 1 where it has none.
int64_t dim_from_end(const View& view, int d) { return d < view.rank ? view.dims[view.rank - 1 - d] : 1; }

int fail_broadcast(const Call& call, hebb_error& error, const char* op) {
  const View& y = call.outputs[0];
  const char* rule = "that broadcast (each dimension equal or 1, counted from the last) to the output's shape";
  if (call.n_inputs == 2)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected inputs %s, received %s and %s for an output of shape %s", op, rule,
                DimsText(call.inputs[0]).c_str(), DimsText(call.inputs[1]).c_str(), DimsText(y).c_str());
  return fail(error, HEBB_BAD_SHAPE, "%s: expected inputs %s, received %s, %s and %s for an output of shape %s", op, rule,
              DimsText(call.inputs[0]).c_str(), DimsText(call.inputs[1]).c_str(), DimsText(call.inputs[2]).c_str(),
              DimsText(y).c_str());
}

// Whether every dimension of the output is what the inputs' broadcast to.
bool shapes_agree(const Call& call) {
  const View& y = call.outputs[0];
  int64_t rank = 0;
  for (uint32_t k = 0; k < call.n_inputs; ++k) rank = call.inputs[k].rank > rank ? call.inputs[k].rank : rank;
  if (rank != y.rank) return false;
  for (int d = 0; d < rank; ++d) {
    const int64_t out = dim_from_end(y, d);
    bool reached = false;
    for (uint32_t k = 0; k < call.n_inputs; ++k) {
      const int64_t in = dim_from_end(call.inputs[k], d);
      if (in != 1 && in != out) return false;
      reached |= in == out;
    }
    if (!reached) return false;
  }
  return true;
}

void set_single(const Call& call, int64_t n, Broadcast* plan) {
  plan->rank = 1;
  plan->dims[0] = n;
  for (int k = 0; k < plan->inputs; ++k) plan->strides[k][0] = elements(call.inputs[k]) == n ? 1 : 0;
}

}  // namespace

int plan_broadcast(const Call& call, hebb_error& error, const char* op, Broadcast* plan) {
  const View& y = call.outputs[0];
  plan->inputs = static_cast<int>(call.n_inputs);
  bool same = true;
  for (int k = 0; k < plan->inputs; ++k) same &= same_dims(call.inputs[k], y);
  if (same) {
    set_single(call, elements(y), plan);
    return HEBB_OK;
  }
  if (!shapes_agree(call)) return fail_broadcast(call, error, op);
  plan->rank = 0;
  int64_t dense[kMaxBroadcast] = {1, 1, 1};
  for (int d = 0; d < y.rank; ++d) {
    const int64_t n = dim_from_end(y, d);
    if (n == 0) {
      set_single(call, 0, plan);
      return HEBB_OK;
    }
    if (n == 1) continue;
    int64_t strides[kMaxBroadcast];
    bool merges = plan->rank > 0;
    const int last = plan->rank - 1;
    for (int k = 0; k < plan->inputs; ++k) {
      const int64_t in = dim_from_end(call.inputs[k], d);
      strides[k] = in == 1 ? 0 : dense[k];
      dense[k] *= in;
      if (merges) merges = strides[k] == plan->strides[k][last] * plan->dims[last];
    }
    if (merges) {
      plan->dims[last] *= n;
      continue;
    }
    for (int k = 0; k < plan->inputs; ++k) plan->strides[k][plan->rank] = strides[k];
    plan->dims[plan->rank++] = n;
  }
  if (plan->rank == 0) set_single(call, 1, plan);
  return HEBB_OK;
}

}  // namespace hebb
