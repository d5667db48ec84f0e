// The innermost product of bfloat16: a few rows of A times a panel of B whose pairs of rows lie side by side, as the instruction
// that adds up two products at once wants them. Sums in float32. Only where bf16_instructions() (cpu/onednn.h).
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "cpu/dtype.h"

namespace hebb {

constexpr int kPairRows = 12;         // 12 x 2 sums of 32 registers
constexpr int64_t kPairColumns = 32;  // two vectors of sums

constexpr int64_t kPairLine = 32;  // 16 pairs: a line of the cache

// Where the pairs of A lie: rows of A as they are, `row` apart, or packed ones, a line for each pair of all rows.
struct DensePairs {
  const BFloat16* a;
  int64_t row;
  const BFloat16* at(int64_t pair, int i) const { return a + i * row + 2 * pair; }
};

struct PackedPairs {
  const BFloat16* a;
  const BFloat16* at(int64_t pair, int i) const { return a + kPairLine * pair + 2 * i; }
};

template <typename A>
struct PairTile {
  int64_t pairs;
  bool half_pair;  // one more row of B, without a partner
  A a;
  const BFloat16* b;
  float* c;
  int64_t c_row, columns;
  bool add;     // to what C holds
  bool stream;  // past the caches, where C's place allows it
};

// The sums stay in registers: every loop over rows is unrolled.
template <typename A, int Rows>
[[gnu::target("avx512f,avx512bf16")]] void multiply_pairs(const PairTile<A>& t) {
  __m512 left[Rows], right[Rows];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) left[i] = right[i] = _mm512_setzero_ps();
  for (int i = 0; i < Rows && !t.stream; ++i) {
    __builtin_prefetch(t.c + i * t.c_row, 1);
    __builtin_prefetch(t.c + i * t.c_row + 16, 1);
  }
  for (int64_t p = 0; p < t.pairs + t.half_pair; ++p) {
    const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(t.b + p * 64));
    const auto b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(t.b + p * 64 + 32));
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const BFloat16* from = t.a.at(p, i);
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
  const bool lines = t.stream && t.columns >= 32 && t.c_row % 16 == 0 && reinterpret_cast<uintptr_t>(t.c) % 64 == 0;
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
    float* c = t.c + i * t.c_row;
    if (t.add) {
      left[i] = _mm512_add_ps(left[i], _mm512_maskz_loadu_ps(first, c));
      right[i] = _mm512_add_ps(right[i], _mm512_maskz_loadu_ps(second, c + 16));
    }
    if (lines) {
      _mm512_stream_ps(c, left[i]);
      _mm512_stream_ps(c + 16, right[i]);
    } else {
      _mm512_mask_storeu_ps(c, first, left[i]);
      _mm512_mask_storeu_ps(c + 16, second, right[i]);
    }
  }
}

template <typename A, int... I>
void multiply_pair_rows(int64_t rows, const PairTile<A>& tile, std::integer_sequence<int, I...>) {
  static constexpr void (*kernels[])(const PairTile<A>&) = {multiply_pairs<A, I + 1>...};
  kernels[rows - 1](tile);
}

// 1 to kPairRows rows.
template <typename A>
void multiply_pair_rows(int64_t rows, const PairTile<A>& tile) {
  multiply_pair_rows(rows, tile, std::make_integer_sequence<int, kPairRows>());
}

}  // namespace hebb
#endif
