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

}  // namespace hebb

#include "ops/where.kernels.h"
