// Packs blocks of a bfloat16 B in float32, as gemm_pack.h does those of float32.
#pragma once

#include <utility>

#include "cpu/dtype.h"
#include "cpu/gemm_pack.h"

namespace hebb {

// Two bfloat16 numbers of one row are a lane: as many shuffles transpose twice the numbers.
using Pairs = VectorOf<float>::bits;

// Swaps the lanes of r[i] and r[i + Step] that lie off the diagonal of their blocks.
template <int Step, int... Lane>
[[gnu::always_inline]] inline void swap_lanes(Pairs& a, Pairs& b, std::integer_sequence<int, Lane...>) {
  constexpr int lanes = sizeof...(Lane);
  const Pairs low = __builtin_shuffle(a, b, Pairs{((Lane & Step) ? lanes + Lane - Step : Lane)...});
  b = __builtin_shuffle(a, b, Pairs{((Lane & Step) ? lanes + Lane : Lane + Step)...});
  a = low;
}

template <int Step = 1, int Lanes>
[[gnu::always_inline]] inline void transpose_lanes(Pairs (&r)[Lanes]) {
  if constexpr (Step < Lanes) {
#pragma GCC unroll 16
    for (int i = 0; i < Lanes; ++i)
      if ((i & Step) == 0) swap_lanes<Step>(r[i], r[i + Step], std::make_integer_sequence<int, Lanes>());
    transpose_lanes<2 * Step>(r);
  }
}

// to[p * width + i] = from[i * outer + p] for i < lanes, p < 2 lanes.
inline void pack_transposed_block(const BFloat16* from, int64_t outer, float* to, int64_t width) {
  constexpr int lanes = kVectorLanes<float>;
  Pairs r[lanes];
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) {
    std::memcpy(&r[i], from + i * outer, sizeof(Pairs));
    __builtin_prefetch(from + i * outer + kAhead * 32);
  }
  transpose_lanes(r);
#pragma GCC unroll 16
  for (int p = 0; p < lanes; ++p) {
    const Pairs even = r[p] << 16, odd = r[p] & 0xffff0000u;
    std::memcpy(to + 2 * p * width, &even, sizeof even);
    std::memcpy(to + (2 * p + 1) * width, &odd, sizeof odd);
  }
}

// to[p * width + i] = from[i * outer + p] for i < count, p < k.
inline void pack_transposed(const BFloat16* from, int64_t outer, int64_t count, int64_t k, float* to, int64_t width) {
  constexpr int64_t lanes = kVectorLanes<float>, deep = 2 * lanes;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    int64_t p = 0;
    for (; p + deep <= k; p += deep) pack_transposed_block(from + i * outer + p, outer, to + p * width + i, width);
    for (; p < k; ++p)
      for (int64_t u = i; u < i + lanes; ++u) to[p * width + u] = from[u * outer + p];
  }
  for (; i < count; ++i)
    for (int64_t p = 0; p < k; ++p) to[p * width + i] = from[i * outer + p];
}

// Tiles [begin, end) of the columns of B, rows [first, first + k): each becomes [k, packed width], one after the other.
inline void pack_b(const Matrix<BFloat16>& b, const ColumnTiles<float>& tiles, int64_t begin, int64_t end, int64_t first,
                   int64_t k, float* to) {
  const int64_t origin = tiles.packed(begin);
  const auto tile_at = [&](int64_t tile) { return to + (tiles.packed(tile) - origin) * k; };
  if (b.column == 1) {
    for (int64_t p = 0; p < k; ++p)
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t columns = tiles.width(tile), width = tiles.packed_width(tile);
        const BFloat16* from = b.data + (first + p) * b.row + tiles.begin(tile);
        float* row = tile_at(tile) + p * width;
        // Rows may lie pages apart.
        for (int64_t i = 0; i < columns; i += 32) __builtin_prefetch(from + kAhead * b.row + i);
        for (int64_t i = 0; i < columns; ++i) row[i] = from[i];
        for (int64_t i = columns; i < width; ++i) row[i] = 0;
      }
    return;
  }
  for (int64_t tile = begin; tile < end; ++tile) {
    const int64_t columns = tiles.width(tile), width = tiles.packed_width(tile);
    if (columns < width) std::fill_n(tile_at(tile), width * k, 0.0f);
    pack_transposed(b.data + first + tiles.begin(tile) * b.column, b.column, columns, k, tile_at(tile), width);
  }
}

}  // namespace hebb
