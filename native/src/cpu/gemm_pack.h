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

constexpr int64_t kRowsAtATime = 8;

// Panels [begin, end) of A, columns [first, first + k): each becomes [k, rows of the panel], one after the other.
template <typename T>
void pack_a(const Matrix<T>& a, const Panels& panels, int64_t begin, int64_t end, int64_t first, int64_t k, T* to) {
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
      for (int64_t q = p; q < std::min(p + kRowsAtATime, k); ++q)
        copy_few(a.data + (first + q) * a.column + row * a.row, to + row * k + q * rows, rows);
    }
}

// A block of B: for each kTileColumns columns a panel [k, kTileColumns], the last one filled up with zeros.
template <typename T>
void pack_b(const Matrix<T>& b, int64_t first, int64_t k, int64_t column, int64_t columns, T* to) {
  constexpr int64_t width = kTileColumns<T>;
  const int64_t whole = columns / width * width;
  if (whole < columns) std::fill_n(to + whole * k, width * k, T(0));
  if (b.column == 1) {
    for (int64_t p = 0; p < k; ++p) {
      const T* from = b.data + (first + p) * b.row + column;
      T* row = to + p * width;
      for (int64_t j = 0; j < whole; j += width)
        for (int v = 0; v < kTileVectors; ++v) store(row + j * k + v * kVectorLanes<T>, load(from + j + v * kVectorLanes<T>));
      if (whole < columns) copy_few(from + whole, row + whole * k, columns - whole);
    }
    return;
  }
  for (int64_t j = 0; j < columns; j += width)
    pack_transposed(b.data + first + (column + j) * b.column, b.column, std::min(width, columns - j), k, to + j * k, width);
}

}  // namespace hebb
