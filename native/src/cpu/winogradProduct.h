// c (+)= a b for matrices that lie as they are, of no more columns than a tile has.
#pragma once

#include <algorithm>
#include <type_traits>

#include "cpu/gemm_pack.h"
#include "cpu/gemm_tile.h"

namespace hebb::winograd {

constexpr int64_t kPanel = kTileColumns<float>;  // columns that are multiplied at a time
constexpr int64_t kDepth = 128;                  // of b that stay in the first-level cache

// Whether the rows of `a` lie one after another.
template <template <typename, int> typename Walk>
constexpr bool kByRow = std::is_same_v<Walk<float, 1>, WalkRows<float, 1>>;

struct Product {
  int64_t rows, columns, depth;
  const float* a;
  int64_t a_step;  // between its rows, or its columns
  const float* b;  // [depth, columns], rows b_row apart
  int64_t b_row;
  float* c;
  int64_t c_row;
  bool add;
};

template <template <typename, int> typename Walk>
void multiply(const Product& t) {
  const Panels panels(t.rows, ColumnTiles<float>(t.columns).rows());
  for (int64_t p = 0; p < t.depth; p += kDepth)
    for (int64_t panel = 0; panel < panels.count; ++panel) {
      const int64_t first = panels.begin(panel), rows = panels.begin(panel + 1) - first;
      const float* a = t.a + (kByRow<Walk> ? first * t.a_step + p : first + p * t.a_step);
      tile_kernel<float, Walk>(rows, t.columns)({std::min(kDepth, t.depth - p), a, t.a_step, t.b + p * t.b_row, t.b_row,
                                                 t.c + first * t.c_row, t.c_row, t.columns, nullptr, nullptr, t.add || p > 0});
    }
}

}  // namespace hebb::winograd
