// The innermost product: a few rows of A times some vectors of columns of B, held in registers. Both may be packed or lie as they
// are.
#pragma once

#include <utility>

#include "cpu/simd.h"

namespace hebb {

// Rows of A that lie one after another, `step` apart. A pointer serves three: an address holds no more than twice `step`.
template <typename T, int Rows>
class WalkRows {
 public:
  WalkRows(const T* a, int64_t step) : step_(step) {
#pragma GCC unroll 4
    for (int i = 0; i < kPointers; ++i) a_[i] = a + 3 * i * step;
  }
  // Of row i, `p` columns on.
  T at(int i, int p) const { return a_[i / 3][i % 3 * step_ + p]; }
  void next(int columns) {
#pragma GCC unroll 4
    for (int i = 0; i < kPointers; ++i) a_[i] += columns;
  }
  void ask() const {}  // the hardware follows rows

 private:
  static constexpr int kPointers = (Rows + 2) / 3;
  const T* a_[kPointers];
  int64_t step_;
};

constexpr int64_t kAhead = 8;  // rows of B, or columns of A, between asking for a line and its use

// Rows of A that lie side by side, packed or in a matrix that is transposed; `step` from one column to the next.
template <typename T, int Rows>
class WalkColumns {
 public:
  WalkColumns(const T* a, int64_t step) : a_(a), step_(step) {}
  T at(int i, int p) const { return a_[p * step_ + i]; }
  void next(int columns) { a_ += columns * step_; }
  void ask() const { __builtin_prefetch(a_ + kAhead * step_ + Rows - 1); }

 private:
  const T* a_;
  int64_t step_;
};

template <typename T>
struct Tile {
  int64_t k;
  const T* a;
  int64_t a_step;  // between its rows, or its columns: as the kernel walks
  const T* b;
  int64_t b_row;
  T* c;  // rows `c_row` apart
  int64_t c_row;
  int64_t columns;
  const T* bias = nullptr;      // null: none
  const T* residual = nullptr;  // where c's place is in it; null: none
  bool add = false;             // to what C holds
  bool past = false;            // a whole tile at a multiple of kVectorBytes: goes past the caches
  bool ahead = false;           // ask for lines that the hardware does not foresee: of operands that are not packed
};

// Inlined, and its loops unrolled, so that the sums never leave their registers. `Whole`: all lanes of the last vector count.
template <bool Whole, typename T, int Rows, int Vectors>
[[gnu::always_inline]] inline void finish_tile(const Tile<T>& tile, Vector<T> (&sum)[Rows][Vectors]) {
  constexpr int lanes = kVectorLanes<T>;
  const int64_t left = tile.columns - (Vectors - 1) * lanes;
  const auto read = [&](const T* from, int j) {
    return Whole || j + 1 < Vectors ? load(from + j * lanes) : load_part(from + j * lanes, left);
  };
  const auto each = [&](const auto& body) __attribute__((always_inline)) {
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) body(i, j);
  };
  if (tile.add) each([&](int i, int j) { sum[i][j] += read(tile.c + i * tile.c_row, j); });
  if (tile.bias != nullptr) each([&](int i, int j) { sum[i][j] += read(tile.bias, j); });
  if (tile.residual != nullptr) each([&](int i, int j) { sum[i][j] += read(tile.residual + i * tile.c_row, j); });
  if (tile.past) return each([&](int i, int j) { store_past(tile.c + i * tile.c_row + j * lanes, sum[i][j]); });
  each([&](int i, int j) {
    T* c = tile.c + i * tile.c_row + j * lanes;
    if (Whole || j + 1 < Vectors)
      store(c, sum[i][j]);
    else
      store_part(c, sum[i][j], left);
  });
}

// `Depth` columns of A times as many rows of B.
template <int Depth, typename T, typename Walk, int Rows, int Vectors>
[[gnu::always_inline]] inline void add_products(const Walk& a, const T* b, int64_t b_row, Vector<T> (&sum)[Rows][Vectors]) {
#pragma GCC unroll 2
  for (int p = 0; p < Depth; ++p) {
    Vector<T> right[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) right[j] = load(b + p * b_row + j * kVectorLanes<T>);
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const Vector<T> left = broadcast(a.at(i, p));
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) sum[i][j] += left * right[j];
    }
  }
}

template <typename T, typename Walk, int Rows, int Vectors>
void multiply_tile(const Tile<T>& tile) {
  constexpr int lanes = kVectorLanes<T>, line = 64 / static_cast<int>(sizeof(T));
  Vector<T> sum[Rows][Vectors];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) sum[i][j] = Vector<T>{};
  for (int i = 0; i < Rows && !tile.past; ++i)
    for (int j = 0; j < Vectors * lanes; j += line) __builtin_prefetch(tile.c + i * tile.c_row + j, 1);
  Walk a(tile.a, tile.a_step);
  const T* b = tile.b;
  int64_t p = tile.k;
  if (tile.ahead) {
    for (const T* ahead = b + kAhead * tile.b_row; p > 0; --p, ahead += tile.b_row) {
      a.ask();
#pragma GCC unroll 4
      for (int j = 0; j < Vectors * lanes; j += line) __builtin_prefetch(ahead + j);
      add_products<1>(a, b, tile.b_row, sum);
      a.next(1);
      b += tile.b_row;
    }
  }
  for (; p > 1; p -= 2, b += 2 * tile.b_row) {
    add_products<2>(a, b, tile.b_row, sum);
    a.next(2);
  }
  if (p > 0) add_products<1>(a, b, tile.b_row, sum);
  if (kMasks || tile.columns < Vectors * lanes)
    finish_tile<false>(tile, sum);
  else
    finish_tile<true>(tile, sum);
}

template <typename T>
using TileKernel = void (*)(const Tile<T>&);

template <typename T, template <typename, int> typename Walk, int Vectors, int... Rows>
TileKernel<T> pick_tile(int64_t rows, std::integer_sequence<int, Rows...>) {
  static constexpr TileKernel<T> kernels[] = {multiply_tile<T, Walk<T, Rows + 1>, Rows + 1, Vectors>...};
  return kernels[rows - 1];
}

// The kernel for up to kTileVectors vectors of columns and 1 to tile_rows of these vectors rows.
template <typename T, template <typename, int> typename Walk, int Vectors = kTileVectors>
TileKernel<T> tile_kernel(int64_t rows, int64_t columns) {
  if constexpr (Vectors > 1)
    if (columns <= (Vectors - 1) * kVectorLanes<T>) return tile_kernel<T, Walk, Vectors - 1>(rows, columns);
  return pick_tile<T, Walk, Vectors>(rows, std::make_integer_sequence<int, tile_rows(Vectors)>());
}

}  // namespace hebb
