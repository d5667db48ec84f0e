// PackedMatrix for bfloat16: pairs of rows side by side, as the instruction that adds up two products at once wants them, and
// sums in float32. Only where bf16_instructions() (cpu/onednn.h).
#pragma once

#include "cpu/dtype.h"
#include "cpu/gemm_packed.h"

namespace hebb {

template <>
class PackedMatrix<BFloat16> {
 public:
  // Elements that `to` holds, for b [k, n].
  static int64_t size(int64_t k, int64_t n) { return 2 * pairs(k) * padded(n); }

  // Packs on the threads of the team. `to` is aligned to 64 bytes.
  PackedMatrix(const Matrix<BFloat16>& b, int64_t k, int64_t n, BFloat16* to);

  // c [m, n] = a [m, k] times this, on the calling thread. The rows of a are dense.
  void multiply(const Matrix<BFloat16>& a, int64_t m, float* c, int64_t c_row) const;

 private:
  static constexpr int64_t kWidth = 32;   // two vectors of sums
  static constexpr int64_t kDepth = 256;  // pairs: a panel of B stays in the first-level cache
  static int64_t pairs(int64_t k) { return (k + 1) / 2; }
  static int64_t padded(int64_t n) { return (n + kWidth - 1) / kWidth * kWidth; }

  int64_t k_, n_;
  const BFloat16* data_;  // [panel of columns, pair, column, 2]
};

}  // namespace hebb
