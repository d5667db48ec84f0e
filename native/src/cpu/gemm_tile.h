// The innermost product: a few rows of packed A times two vectors of packed B, held in registers.
#pragma once

#include <utility>

#include "cpu/simd.h"

namespace hebb {

template <typename T>
constexpr int kTileColumns = kTileVectors* kVectorLanes<T>;

template <typename T>
struct Tile {
  int64_t k;
  const T* a;  // [k, rows]
  const T* b;  // [k, kTileColumns]
  T* c;        // rows `c_row` apart
  int64_t c_row;
  int64_t columns;
  const T* bias;      // null: none
  const T* residual;  // where c's place is in it; null: none
  bool add;           // to what C holds
};

// Inlined, and its loops unrolled, so that the sums never leave their registers.
template <typename T, int Rows, int Vectors>
[[gnu::always_inline]] inline void finish_tile(const Tile<T>& tile, const Vector<T> (&sum)[Rows][Vectors]) {
  constexpr int lanes = kVectorLanes<T>;
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < Vectors; ++j) {
      T* c = tile.c + i * tile.c_row + j * lanes;
      const int64_t left = tile.columns - j * lanes;
      Vector<T> value = sum[i][j];
      if (left >= lanes) {
        if (tile.add) value += load(c);
        if (tile.bias != nullptr) value += load(tile.bias + j * lanes);
        if (tile.residual != nullptr) value += load(tile.residual + i * tile.c_row + j * lanes);
        store(c, value);
      } else if (left > 0) {
        if (tile.add) value += load_part(c, left);
        if (tile.bias != nullptr) value += load_part(tile.bias + j * lanes, left);
        if (tile.residual != nullptr) value += load_part(tile.residual + i * tile.c_row + j * lanes, left);
        store_part(c, value, left);
      }
    }
  }
}

template <typename T, int Rows, int Vectors>
void multiply_tile(const Tile<T>& tile) {
  Vector<T> sum[Rows][Vectors] = {};
  const T* a = tile.a;
  const T* b = tile.b;
  for (int64_t p = 0; p < tile.k; ++p) {
    Vector<T> right[Vectors];
    for (int j = 0; j < Vectors; ++j) right[j] = load(b + j * kVectorLanes<T>);
    for (int i = 0; i < Rows; ++i) {
      const Vector<T> left = broadcast(a[i]);
      for (int j = 0; j < Vectors; ++j) sum[i][j] += left * right[j];
    }
    a += Rows;
    b += kTileColumns<T>;
  }
  finish_tile<T, Rows, Vectors>(tile, sum);
}

template <typename T>
using TileKernel = void (*)(const Tile<T>&);

template <typename T, int Vectors, int... Rows>
TileKernel<T> pick_tile(int rows, std::integer_sequence<int, Rows...>) {
  static constexpr TileKernel<T> kernels[] = {multiply_tile<T, Rows + 1, Vectors>...};
  return kernels[rows - 1];
}

// The kernel for 1 to kTileRows rows and any number of columns up to kTileColumns.
template <typename T>
TileKernel<T> tile_kernel(int rows, int64_t columns) {
  const std::make_integer_sequence<int, kTileRows> all;
  return columns > kVectorLanes<T> ? pick_tile<T, 2>(rows, all) : pick_tile<T, 1>(rows, all);
}

}  // namespace hebb
