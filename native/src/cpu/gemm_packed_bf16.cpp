#include "cpu/gemm_packed_bf16.h"

#include "cpu/gemm_tile_bf16.h"

namespace hebb {

PackedMatrix<BFloat16>::PackedMatrix(const Matrix<BFloat16>& b, int64_t k, int64_t n, BFloat16* to) : k_(k), n_(n), data_(to) {
  const int64_t depth = pairs(k);
  parallel_for(padded(n) / kWidth, 4, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      BFloat16* out = to + panel * depth * kWidth * 2;
      for (int64_t p = 0; p < depth; ++p)
        for (int64_t j = 0; j < kWidth; ++j)
          for (int64_t i = 0; i < 2; ++i) {
            const int64_t row = 2 * p + i, column = panel * kWidth + j;
            const bool inside = row < k && column < n;
            (out++)->bits = inside ? b.data[row * b.row + column * b.column].bits : uint16_t{0};
          }
    }
  });
}

#if defined(__x86_64__)
void PackedMatrix<BFloat16>::multiply(const Matrix<BFloat16>& a, int64_t m, float* c, int64_t c_row) const {
  const int64_t depth = pairs(k_);
  const Panels panels(m, kPairRows);
  for (int64_t column = 0; column < n_; column += kWidth) {
    const BFloat16* panel = data_ + column * depth * 2;
    for (int64_t p = 0; p < depth; p += kDepth) {
      const int64_t count = std::min(kDepth, depth - p);
      const bool half = p + count == depth && k_ % 2 == 1;
      for (int64_t i = 0; i < panels.count; ++i) {
        const int64_t row = panels.begin(i);
        multiply_pair_rows<DensePairs>(panels.begin(i + 1) - row, {count - half,
                                                                   half,
                                                                   {a.data + row * a.row + 2 * p, a.row},
                                                                   panel + p * kWidth * 2,
                                                                   c + row * c_row + column,
                                                                   c_row,
                                                                   n_ - column,
                                                                   p > 0,
                                                                   false});
      }
    }
  }
}
#else
// Never called: bf16_instructions() is false here.
void PackedMatrix<BFloat16>::multiply(const Matrix<BFloat16>&, int64_t, float*, int64_t) const {}
#endif

}  // namespace hebb
