// Copies blocks of A and B into the order in which the tile kernel reads them.
#pragma once

#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/gemm_tile.h"

namespace hebb {

template <typename T>
struct Four;
template <>
struct Four<float> {
  typedef float type __attribute__((vector_size(16)));
  typedef int32_t mask __attribute__((vector_size(16)));
};
template <>
struct Four<double> {
  typedef double type __attribute__((vector_size(32)));
  typedef int64_t mask __attribute__((vector_size(32)));
};

// to[j * to_stride + i] = from[i * from_stride + j] for a block of 4 x 4.
template <typename T>
inline void transpose4(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
  using V = typename Four<T>::type;
  using M = typename Four<T>::mask;
  V r[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&r[i], from + i * from_stride, sizeof(V));
  const V a = __builtin_shuffle(r[0], r[1], M{0, 4, 1, 5});
  const V b = __builtin_shuffle(r[2], r[3], M{0, 4, 1, 5});
  const V c = __builtin_shuffle(r[0], r[1], M{2, 6, 3, 7});
  const V d = __builtin_shuffle(r[2], r[3], M{2, 6, 3, 7});
  const V out[4] = {__builtin_shuffle(a, b, M{0, 1, 4, 5}), __builtin_shuffle(a, b, M{2, 3, 6, 7}),
                    __builtin_shuffle(c, d, M{0, 1, 4, 5}), __builtin_shuffle(c, d, M{2, 3, 6, 7})};
  for (int i = 0; i < 4; ++i) std::memcpy(to + i * to_stride, &out[i], sizeof(V));
}

// to[p * width + i] = from[i * outer + p] for i < count, p < k: a transpose.
template <typename T>
void pack_transposed(const T* from, int64_t outer, int64_t count, int64_t k, T* to, int64_t width) {
  const int64_t k4 = k / 4 * 4;
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (int64_t p = 0; p < k4; p += 4) transpose4(from + i * outer + p, outer, to + p * width + i, width);
    for (int64_t p = k4; p < k; ++p)
      for (int64_t u = i; u < i + 4; ++u) to[p * width + u] = from[u * outer + p];
  }
  for (; i < count; ++i)
    for (int64_t p = 0; p < k; ++p) to[p * width + i] = from[i * outer + p];
}

// Rows shared out evenly among as few panels as hold them.
struct Panels {
  int64_t rows, count;
  explicit Panels(int64_t m, int64_t most = kTileRows) : rows(m), count((m + most - 1) / most) {}
  int64_t begin(int64_t panel) const { return panel * rows / count; }
};

// Columns shared out evenly, in whole vectors, among as few tiles as hold them.
template <typename T>
struct ColumnTiles {
  int64_t columns;
  Panels vectors;
  explicit ColumnTiles(int64_t n) : columns(n), vectors((n + kVectorLanes<T> - 1) / kVectorLanes<T>, kTileVectors) {}
  int64_t count() const { return vectors.count; }
  int64_t begin(int64_t tile) const { return std::min(columns, packed(tile)); }
  int64_t width(int64_t tile) const { return begin(tile + 1) - begin(tile); }
  // Where a tile begins once it is packed, one row high; the last is filled up to whole vectors.
  int64_t packed(int64_t tile) const { return vectors.begin(tile) * kVectorLanes<T>; }
  int64_t packed_width(int64_t tile) const { return packed(tile + 1) - packed(tile); }
  // Rows that a tile may have.
  int64_t rows() const { return tile_rows((vectors.rows + vectors.count - 1) / vectors.count); }
};

template <typename T>
constexpr int64_t kTileColumns = kTileVectors* kVectorLanes<T>;

constexpr int64_t kRowsAtATime = 8;

// Panels [begin, end) of A, columns [first, first + k): each becomes [k, rows of the panel], one after the other.
template <typename T>
void pack_a(const Matrix<T>& a, const Panels& panels, int64_t begin, int64_t end, int64_t first, int64_t k, T* to) {
  to -= panels.begin(begin) * k;
  if (a.column == 1) {
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
      pack_transposed(a.data + row * a.row + first, a.row, rows, k, to + row * k, rows);
    }
    return;
  }
  // A few rows at a time: panels may lie a multiple of the cache's period apart.
  for (int64_t p = 0; p < k; p += kRowsAtATime)
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
      for (int64_t q = p; q < std::min(p + kRowsAtATime, k); ++q) {
        const T* from = a.data + (first + q) * a.column + row * a.row;
        __builtin_prefetch(from + 2 * kRowsAtATime * a.column);
        copy_few(from, to + row * k + q * rows, rows);
      }
    }
}

// Tiles [begin, end) of the columns of B, rows [first, first + k): each becomes [k, packed width], one after the other.
template <typename T>
void pack_b(const Matrix<T>& b, const ColumnTiles<T>& tiles, int64_t begin, int64_t end, int64_t first, int64_t k, T* to) {
  constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
  const int64_t origin = tiles.packed(begin);
  if (b.column == 1) {
    // A few rows at a time here too: packed tiles may lie a multiple of the cache's period apart.
    for (int64_t p = 0; p < k; p += kRowsAtATime)
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t columns = tiles.width(tile), width = tiles.packed_width(tile);
        T* row = to + (tiles.packed(tile) - origin) * k + p * width;
        for (int64_t q = p; q < std::min(p + kRowsAtATime, k); ++q, row += width) {
          const T* from = b.data + (first + q) * b.row + tiles.begin(tile);
          for (int64_t j = 0; j < columns; j += kLine) __builtin_prefetch(from + kRowsAtATime * b.row + j);
          copy_few(from, row, columns);
          if (columns < width) std::fill_n(row + columns, width - columns, T(0));
        }
      }
    return;
  }
  for (int64_t tile = begin; tile < end; ++tile) {
    const int64_t columns = tiles.width(tile), width = tiles.packed_width(tile);
    T* panel = to + (tiles.packed(tile) - origin) * k;
    if (columns < width) std::fill_n(panel, width * k, T(0));
    pack_transposed(b.data + first + tiles.begin(tile) * b.column, b.column, columns, k, panel, width);
  }
}

}  // namespace hebb
