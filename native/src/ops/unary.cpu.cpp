#include "ops/unary.h"

#include "cpu/map.h"

namespace hebb {

// sin and cos of float32, in blocks that take the fast path together when all their angles are in its reach.
template <typename Op>
inline void map_angles(float* y, const float* x, int64_t n, int32_t quarter, const Op& op) {
  constexpr int64_t kBlock = 512;
  parallel_for(n, chunk_elements<float, float>(), [&](int64_t begin, int64_t end) {
    for (int64_t from = begin; from < end; from += kBlock) {
      const int64_t to = from + kBlock < end ? from + kBlock : end;
      int beyond = 0;
      for (int64_t i = from; i < to; ++i) beyond |= math::trig_in_reach(x[i]) ? 0 : 1;
      if (beyond != 0) {
        for (int64_t i = from; i < to; ++i) y[i] = op(x[i]);
      } else {
#pragma GCC ivdep
        for (int64_t i = from; i < to; ++i) y[i] = math::sin_reduced(x[i], quarter);
      }
    }
  });
}

inline void map(float* y, const float* x, int64_t n, const Sin& op) { map_angles(y, x, n, 0, op); }
inline void map(float* y, const float* x, int64_t n, const Cos& op) { map_angles(y, x, n, 1, op); }

}  // namespace hebb

#include "ops/unary.kernels.h"
