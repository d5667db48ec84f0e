// c (+)= a b for matrices that lie as they are, a few rows and two vectors of columns at a time.
#pragma once

#include <algorithm>
#include <utility>

#include "cpu/simd.h"

namespace hebb::winograd {

// Element (i, p) of a: rows as they lie, or columns.
struct ByRow {
  const float* a;
  int64_t row;
  float at(int64_t i, int64_t p) const { return a[i * row + p]; }
  ByRow from(int64_t i, int64_t p) const { return {a + i * row + p, row}; }
};

struct ByColumn {
  const float* a;
  int64_t row;
  float at(int64_t i, int64_t p) const { return a[i + p * row]; }
  ByColumn from(int64_t i, int64_t p) const { return {a + i + p * row, row}; }
};

template <typename A>
struct Product {
  int64_t rows, columns, depth;  // columns: one vector, or two
  A a;
  const float* b;  // [depth, columns], rows b_row apart
  int64_t b_row;
  float* c;
  int64_t c_row;
  bool add;
};

template <typename A, int Rows, int Vectors>
void multiply_rows(const Product<A>& t) {
  constexpr int lanes = kVectorLanes<float>;
  Vector<float> sum[Rows][Vectors] = {};
  const float* b = t.b;
  for (int64_t p = 0; p < t.depth; ++p, b += t.b_row) {
    Vector<float> right[Vectors];
#pragma GCC unroll 2
    for (int j = 0; j < Vectors; ++j) right[j] = load(b + j * lanes);
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const Vector<float> left = broadcast(t.a.at(i, p));
#pragma GCC unroll 2
      for (int j = 0; j < Vectors; ++j) sum[i][j] += left * right[j];
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < Vectors; ++j) {
      float* c = t.c + i * t.c_row + j * lanes;
      store(c, t.add ? sum[i][j] + load(c) : sum[i][j]);
    }
}

template <typename A, int Vectors, int... I>
void multiply_rows(const Product<A>& t, std::integer_sequence<int, I...>) {
  static constexpr void (*kernels[])(const Product<A>&) = {multiply_rows<A, I + 1, Vectors>...};
  kernels[t.rows - 1](t);
}

// Any number of rows and any depth, of which `Depth` stay in the first-level cache.
template <int64_t Depth, typename A>
void multiply(const Product<A>& t) {
  constexpr std::make_integer_sequence<int, kTileRows> all;
  const int64_t panels = (t.rows + kTileRows - 1) / kTileRows;
  for (int64_t p = 0; p < t.depth; p += Depth)
    for (int64_t panel = 0; panel < panels; ++panel) {
      const int64_t first = panel * t.rows / panels, rows = (panel + 1) * t.rows / panels - first;
      const Product<A> part = {rows,
                               t.columns,
                               std::min(Depth, t.depth - p),
                               t.a.from(first, p),
                               t.b + p * t.b_row,
                               t.b_row,
                               t.c + first * t.c_row,
                               t.c_row,
                               t.add || p > 0};
      if (t.columns > kVectorLanes<float>)
        multiply_rows<A, 2>(part, all);
      else
        multiply_rows<A, 1>(part, all);
    }
}

}  // namespace hebb::winograd
