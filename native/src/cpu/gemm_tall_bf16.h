// How tall_gemm of bfloat16 packs blocks of rows and multiplies them.
#pragma once

#include <algorithm>

#include "cpu/gemm_pack.h"
#include "cpu/gemm_tile_bf16.h"

namespace hebb {

// One tile of packed operands.
struct TallTile {
  int64_t depth, rows, columns, width;  // width: of a packed row of b
  const BFloat16 *a, *b;
  float* c;
  int64_t c_row;
  bool add, stream;
};

// Columns in tiles of one width; of the last, all are packed.
template <int64_t Width>
struct WideTiles {
  int64_t columns;
  explicit WideTiles(int64_t n) : columns(n) {}
  int64_t count() const { return (columns + Width - 1) / Width; }
  int64_t begin(int64_t tile) const { return std::min(columns, packed(tile)); }
  int64_t width(int64_t tile) const { return begin(tile + 1) - begin(tile); }
  static int64_t packed(int64_t tile) { return tile * Width; }
  static int64_t packed_width(int64_t) { return Width; }
};

#if defined(__x86_64__)
// Two rows of bfloat16 become one of pairs.
struct TallPack {
  using Tiles = WideTiles<kPairColumns>;
  static constexpr int64_t kRows = kPairRows, kColumns = kPairColumns;
  static constexpr int64_t kMostRows = 384, kMostColumns = 256, kDepth = 512;
  static constexpr double kCost = 0.5;
  static int64_t stored(int64_t depth) { return (depth + 1) / 2 * 2; }
  static int64_t left_at(int64_t panel, int64_t, int64_t depth) { return panel * kPairLine * (stored(depth) / 2); }

  // A panel of A: up to 16 of its columns, pairs of rows side by side, a pair to a line of the cache.
  [[gnu::target("avx512f,avx512bw,avx512vl")]] static void left(const BFloat16* a, int64_t row, int64_t depth,
                                                                const Panels& panels, BFloat16* to) {
    for (int64_t p = 0; p < depth; p += kRowsAtATime)
      for (int64_t panel = 0; panel < panels.count; ++panel) {
        const int64_t begin = panels.begin(panel);
        const auto mask = static_cast<__mmask16>((1u << (panels.begin(panel + 1) - begin)) - 1);
        BFloat16* line = to + left_at(panel, 0, depth) + p / 2 * kPairLine;
        for (int64_t q = p; q < std::min(p + kRowsAtATime, depth); q += 2, line += kPairLine) {
          const auto upper = static_cast<__mmask16>(q + 1 < depth ? mask : 0);
          const BFloat16* low = a + q * row + begin;
          const __m512i first = _mm512_maskz_cvtepu16_epi32(mask, _mm256_maskz_loadu_epi16(mask, low));
          const __m512i second = _mm512_maskz_cvtepu16_epi32(upper, _mm256_maskz_loadu_epi16(upper, low + row));
          _mm512_store_si512(line, _mm512_or_si512(first, _mm512_maskz_slli_epi32(upper, second, 16)));
        }
      }
  }

  // B in panels of 32 columns, pairs of rows side by side.
  [[gnu::target("avx512f,avx512bw,avx512vl")]] static void right(const BFloat16* b, int64_t row, int64_t depth, int64_t columns,
                                                                 BFloat16* to) {
    alignas(64) uint16_t order[64];
    for (int i = 0; i < 64; ++i) order[i] = static_cast<uint16_t>(i / 2 + i % 2 * 32);
    const __m512i even = _mm512_load_si512(order), odd = _mm512_load_si512(order + 32);
    for (int64_t p = 0; p < depth; p += kRowsAtATime)
      for (int64_t j = 0; j < columns; j += kColumns) {
        const auto mask = static_cast<__mmask32>(columns - j >= 32 ? ~uint32_t{0} : (uint32_t{1} << (columns - j)) - 1);
        BFloat16* line = to + j * stored(depth) + p * kColumns;
        for (int64_t q = p; q < std::min(p + kRowsAtATime, depth); q += 2, line += 2 * kColumns) {
          const BFloat16* low = b + q * row + j;
          const __m512i first = _mm512_maskz_loadu_epi16(mask, low);
          const __m512i second = _mm512_maskz_loadu_epi16(q + 1 < depth ? mask : 0, low + row);
          _mm512_store_si512(line, _mm512_permutex2var_epi16(first, even, second));
          _mm512_store_si512(line + kColumns, _mm512_permutex2var_epi16(first, odd, second));
        }
      }
  }

  static void multiply(const TallTile& t) {
    multiply_pair_rows<PackedPairs>(t.rows, {stored(t.depth) / 2, false, {t.a}, t.b, t.c, t.c_row, t.columns, t.add, t.stream});
  }
};
#else
// Never called: bf16_instructions() is false here.
struct TallPack {
  using Tiles = WideTiles<1>;
  static constexpr int64_t kRows = 1, kColumns = 1, kMostRows = 1, kMostColumns = 1, kDepth = 2;
  static constexpr double kCost = 1;
  static int64_t stored(int64_t depth) { return depth; }
  static int64_t left_at(int64_t, int64_t row, int64_t depth) { return row * depth; }
  static void left(const BFloat16*, int64_t, int64_t, const Panels&, BFloat16*) {}
  static void right(const BFloat16*, int64_t, int64_t, int64_t, BFloat16*) {}
  static void multiply(const TallTile&) {}
};
#endif

}  // namespace hebb
