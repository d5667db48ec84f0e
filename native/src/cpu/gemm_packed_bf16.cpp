#include "cpu/gemm_packed_bf16.h"

#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
namespace {

struct PairTile {
  int64_t pairs;
  bool half_pair;  // one more row of B, without a partner
  const BFloat16* a;
  int64_t a_row;
  const BFloat16* b;
  float* c;
  int64_t c_row, columns;
  bool add;  // to what C holds
};

// The sums stay in registers: every loop over rows is unrolled.
template <int Rows>
[[gnu::target("avx512f,avx512bf16")]] void multiply_tile(const PairTile& t) {
  __m512 left[Rows], right[Rows];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) left[i] = right[i] = _mm512_setzero_ps();
  for (int64_t p = 0; p < t.pairs + t.half_pair; ++p) {
    const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(t.b + p * 64));
    const auto b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(t.b + p * 64 + 32));
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const BFloat16* from = t.a + i * t.a_row + 2 * p;
      int32_t pair = 0;
      if (p < t.pairs)
        std::memcpy(&pair, from, 4);
      else
        pair = from->bits;
      const auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
      left[i] = _mm512_dpbf16_ps(left[i], a, b0);
      right[i] = _mm512_dpbf16_ps(right[i], a, b1);
    }
  }
  const auto mask = [](int64_t columns) {
    return static_cast<__mmask16>(columns >= 16 ? 0xffff : columns <= 0 ? 0 : (1 << columns) - 1);
  };
  const __mmask16 first = mask(t.columns), second = mask(t.columns - 16);
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
    float* c = t.c + i * t.c_row;
    if (t.add) {
      left[i] = _mm512_add_ps(left[i], _mm512_maskz_loadu_ps(first, c));
      right[i] = _mm512_add_ps(right[i], _mm512_maskz_loadu_ps(second, c + 16));
    }
    _mm512_mask_storeu_ps(c, first, left[i]);
    _mm512_mask_storeu_ps(c + 16, second, right[i]);
  }
}

constexpr int kRows = 12;  // 12 x 2 sums of 32 registers

template <int... I>
void multiply_rows(int64_t rows, const PairTile& tile, std::integer_sequence<int, I...>) {
  static constexpr void (*kernels[])(const PairTile&) = {multiply_tile<I + 1>...};
  kernels[rows - 1](tile);
}

}  // namespace

void PackedMatrix<BFloat16>::multiply(const Matrix<BFloat16>& a, int64_t m, float* c, int64_t c_row, float*) const {
  const int64_t depth = pairs(k_);
  for (int64_t column = 0; column < n_; column += kWidth) {
    const BFloat16* panel = data_ + column * depth * 2;
    for (int64_t p = 0; p < depth; p += kDepth) {
      const int64_t count = std::min(kDepth, depth - p);
      const bool half = p + count == depth && k_ % 2 == 1;
      for (int64_t row = 0; row < m; row += kRows) {
        const PairTile tile = {
            count - half, half, a.data + row * a.row + 2 * p, a.row, panel + p * kWidth * 2, c + row * c_row + column, c_row,
            n_ - column,  p > 0};
        multiply_rows(std::min<int64_t>(kRows, m - row), tile, std::make_integer_sequence<int, kRows>());
      }
    }
  }
}
#else
// Never called: bf16_instructions() is false here.
void PackedMatrix<BFloat16>::multiply(const Matrix<BFloat16>&, int64_t, float*, int64_t, float*) const {}
#endif

}  // namespace hebb
