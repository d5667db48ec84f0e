#include "cpu/broadcast.h"

namespace hebb {
namespace {

constexpr int64_t kChunk = 4096;

template <typename T>
void select(const Broadcast& plan, T* y, const uint8_t* c, const T* a, const T* b) {
  const int64_t c_step = plan.strides[0][0], a_step = plan.strides[1][0], b_step = plan.strides[2][0];
  for_runs(plan, kChunk, [&](int64_t at, const int64_t* offsets, int64_t n) {
    const uint8_t* pc = c + offsets[0];
    const T* pa = a + offsets[1];
    const T* pb = b + offsets[2];
    T* py = y + at;
    // Both sides are read before the choice, so that the loops have no branches.
    const T va = *pa, vb = *pb;
    if (c_step == 0) {
      const bool yes = *pc != 0;
      const T* from = yes ? pa : pb;
      const int64_t step = yes ? a_step : b_step;
      for (int64_t i = 0; i < n; ++i) py[i] = from[i * step];
    } else if (a_step != 0 && b_step != 0) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T from_a = pa[i], from_b = pb[i];
        py[i] = pc[i] != 0 ? from_a : from_b;
      }
    } else if (a_step != 0) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T from_a = pa[i];
        py[i] = pc[i] != 0 ? from_a : vb;
      }
    } else {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T from_b = b_step != 0 ? pb[i] : vb;
        py[i] = pc[i] != 0 ? va : from_b;
      }
    }
  });
}

}  // namespace

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
