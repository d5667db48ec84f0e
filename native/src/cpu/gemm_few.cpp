// Products of few rows (an inference batch, a gradient of a small batch): limited by reading B, so B is read once, in order.
#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/simd.h"

namespace hebb {
namespace {

#if defined(__AVX512F__)
constexpr int kGroup = 8;  // rows whose sums fit in registers
#else
constexpr int kGroup = 4;
#endif
constexpr int64_t kUnroll = 8;      // rows of B added to C at a time
constexpr int64_t kColumns = 512;   // columns per task: kUnroll rows of them fit in the first-level cache
constexpr int64_t kDotColumns = 4;  // columns of C that a block of dot products makes
constexpr int64_t kDotRows = 4;
constexpr int64_t kDotDepth = 2048;

template <typename T>
T element(const Matrix<T>& m, int64_t i, int64_t j) {
  return m.data[i * m.row + j * m.column];
}

// Where a call of add_rows reads and writes; the column is added by it.
template <typename T>
struct Rows {
  const T* a;  // [depth, rows]
  const T* b;
  int64_t b_row, depth;
  T* c;
  int64_t c_row;
  const T* bias;
  bool first;
};

// C[rows, columns j to j + Vectors] (+)= a B; `left` columns of the last vector are real.
template <typename T, int Count, int Vectors, bool Whole>
[[gnu::always_inline]] inline void add_columns(const Rows<T>& r, int64_t j, int64_t left) {
  constexpr int64_t lanes = kVectorLanes<T>;
  const auto read = [&](const T* from) {
    if constexpr (Whole)
      return load(from);
    else
      return load_part(from, left);
  };
  Vector<T> sum[Count][Vectors];
#pragma GCC unroll 8
  for (int i = 0; i < Count; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      if (!r.first)
        sum[i][v] = read(r.c + i * r.c_row + j + v * lanes);
      else
        sum[i][v] = r.bias == nullptr ? Vector<T>{} : read(r.bias + j + v * lanes);
    }
  for (int64_t p = 0; p < r.depth; ++p) {
    const T* from = r.b + p * r.b_row + j;
    Vector<T> right[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      right[v] = read(from + v * lanes);
      // The next block of rows: the hardware does not follow so many streams. A prefetch past the end does nothing.
      __builtin_prefetch(
          reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(from) + (kUnroll * r.b_row + v * lanes) * sizeof(T)));
    }
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) {
      const Vector<T> factor = broadcast(r.a[p * Count + i]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[i][v] += factor * right[v];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Count; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      T* to = r.c + i * r.c_row + j + v * lanes;
      if constexpr (Whole)
        store(to, sum[i][v]);
      else
        store_part(to, sum[i][v], left);
    }
}

template <typename T, int Count>
void add_rows(const Rows<T>& r, int64_t columns) {
  constexpr int64_t lanes = kVectorLanes<T>;
  int64_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) add_columns<T, Count, 2, true>(r, j, lanes);
  if (j + lanes <= columns) add_columns<T, Count, 1, true>(r, j, lanes), j += lanes;
  if (j < columns) add_columns<T, Count, 1, false>(r, j, columns - j);
}

template <typename T>
using AddRows = void (*)(const Rows<T>&, int64_t);

template <typename T>
AddRows<T> add_rows_kernel(int64_t rows) {
  static constexpr AddRows<T> kernels[] = {add_rows<T, 1>, add_rows<T, 2>, add_rows<T, 3>, add_rows<T, 4>,
                                           add_rows<T, 5>, add_rows<T, 6>, add_rows<T, 7>, add_rows<T, 8>};
  return kernels[rows - 1];
}

// B's rows are contiguous: add multiples of them to C.
template <typename T>
void add_strip(const Gemm<T>& g, int64_t column, int64_t columns) {
  const int64_t groups = (g.m + kGroup - 1) / kGroup;
  T a[kUnroll * kGroup];
  for (int64_t p = 0; p < g.k; p += kUnroll) {
    const int64_t depth = std::min(kUnroll, g.k - p);
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t row = group * g.m / groups, rows = (group + 1) * g.m / groups - row;
      for (int64_t q = 0; q < depth; ++q)
        for (int64_t i = 0; i < rows; ++i) a[q * rows + i] = element(g.a, row + i, p + q);
      const T* bias = g.bias == nullptr ? nullptr : g.bias + column;
      const Rows<T> block = {a,     g.b.data + p * g.b.row + column, g.b.row, depth, g.c + row * g.c_row + column, g.c_row, bias,
                             p == 0};
      add_rows_kernel<T>(rows)(block, columns);
    }
  }
  finish_rows(g.c + column, g.m, columns, g.c_row, g.epilogue.from(column));
}

// c[i][j] += a's row i . b's row j, for a block that fits in registers.
template <typename T, int Rows, int Columns>
void dot_block(const T* a, int64_t a_row, const T* b, int64_t b_row, int64_t k, T* c, int64_t c_row) {
  constexpr int64_t lanes = kVectorLanes<T>;
  Vector<T> sum[Rows][Columns] = {};
  const auto step = [&](const auto& read, int64_t p) {
    Vector<T> left[Rows];
    for (int i = 0; i < Rows; ++i) left[i] = read(a + i * a_row + p);
    for (int j = 0; j < Columns; ++j) {
      const Vector<T> right = read(b + j * b_row + p);
      for (int i = 0; i < Rows; ++i) sum[i][j] += left[i] * right;
    }
  };
  int64_t p = 0;
  for (; p + lanes <= k; p += lanes) step([](const T* from) { return load(from); }, p);
  if (p < k) step([&](const T* from) { return load_part(from, k - p); }, p);
  for (int i = 0; i < Rows; ++i)
    for (int j = 0; j < Columns; ++j) c[i * c_row + j] += sum_lanes<T>(sum[i][j]);
}

template <typename T>
using DotBlock = void (*)(const T*, int64_t, const T*, int64_t, int64_t, T*, int64_t);

template <typename T>
DotBlock<T> dot_kernel(int64_t rows, int64_t columns) {
  static constexpr DotBlock<T> kernels[kDotRows][kDotColumns] = {
      {dot_block<T, 1, 1>, dot_block<T, 1, 2>, dot_block<T, 1, 3>, dot_block<T, 1, 4>},
      {dot_block<T, 2, 1>, dot_block<T, 2, 2>, dot_block<T, 2, 3>, dot_block<T, 2, 4>},
      {dot_block<T, 3, 1>, dot_block<T, 3, 2>, dot_block<T, 3, 3>, dot_block<T, 3, 4>},
      {dot_block<T, 4, 1>, dot_block<T, 4, 2>, dot_block<T, 4, 3>, dot_block<T, 4, 4>}};
  return kernels[rows - 1][columns - 1];
}

// B's columns are contiguous: dot products of them with A's rows, which lie [m, k] in `a`.
template <typename T>
void dot_strip(const Gemm<T>& g, const T* a, int64_t a_row, int64_t column, int64_t columns) {
  for (int64_t i = 0; i < g.m; ++i)
    for (int64_t j = column; j < column + columns; ++j) g.c[i * g.c_row + j] = g.bias == nullptr ? T(0) : g.bias[j];
  for (int64_t p = 0; p < g.k; p += kDotDepth) {
    const int64_t depth = std::min(kDotDepth, g.k - p);
    for (int64_t j = column; j < column + columns; j += kDotColumns) {
      const int64_t width = std::min(kDotColumns, column + columns - j);
      for (int64_t i = 0; i < g.m; i += kDotRows) {
        const int64_t rows = std::min(kDotRows, g.m - i);
        dot_kernel<T>(rows, width)(a + i * a_row + p, a_row, g.b.data + j * g.b.column + p, g.b.column, depth,
                                   g.c + i * g.c_row + j, g.c_row);
      }
    }
  }
  finish_rows(g.c + column, g.m, columns, g.c_row, g.epilogue.from(column));
}

struct FewRowsScratch {};

}  // namespace

template <typename T>
void few_rows_gemm(const Gemm<T>& g, bool parallel) {
  if (g.b.column == 1) {
    const int64_t strip = g.n <= kColumns ? 128 : g.n <= 4 * kColumns ? 256 : kColumns;
    return parallel_for(g.n, parallel ? strip : g.n, [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; j += strip) add_strip(g, j, std::min(strip, end - j));
    });
  }
  const T* a = g.a.data;
  int64_t a_row = g.a.row;
  if (g.a.column != 1) {
    T* packed = thread_scratch<FewRowsScratch>().array<T>(g.m * g.k);
    for (int64_t i = 0; i < g.m; ++i)
      for (int64_t p = 0; p < g.k; ++p) packed[i * g.k + p] = element(g.a, i, p);
    a = packed;
    a_row = g.k;
  }
  const int64_t strip = std::max<int64_t>(kDotColumns, (g.n / 32 + 3) / 4 * 4);
  parallel_for(g.n, parallel ? strip : g.n, [&](int64_t begin, int64_t end) { dot_strip(g, a, a_row, begin, end - begin); });
}

template void few_rows_gemm(const Gemm<float>&, bool);
template void few_rows_gemm(const Gemm<double>&, bool);

}  // namespace hebb
