// Products of few rows (an inference batch, a gradient of a small batch): limited by reading B, so B is read once, in order, and
// cut up by its shape alone.
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
constexpr int64_t kPart = 1 << 16;  // elements of B that are worth a task
constexpr int64_t kMostParts = 8;
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

// C[rows, columns j to j + Vectors] (+)= a B; `left` columns of the last vector are real. Nothing is asked for ahead: the
// hardware does that for whole rows, and better.
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
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      if (!r.first)
        sum[i][v] = read(r.c + i * r.c_row + j + v * lanes);
      else
        sum[i][v] = r.bias == nullptr ? Vector<T>{} : read(r.bias + j + v * lanes);
    }
  const auto step = [&](int64_t p) __attribute__((always_inline)) {
    const T* from = r.b + p * r.b_row + j;
    Vector<T> right[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) right[v] = read(from + v * lanes);
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) {
      const Vector<T> factor = broadcast(r.a[p * Count + i]);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[i][v] += factor * right[v];
    }
  };
  if (r.depth == kUnroll) {
#pragma GCC unroll 8
    for (int64_t p = 0; p < kUnroll; ++p) step(p);
  } else {
    for (int64_t p = 0; p < r.depth; ++p) step(p);
  }
#pragma GCC unroll 8
  for (int i = 0; i < Count; ++i)
#pragma GCC unroll 4
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
  constexpr int vectors = Count > kGroup / 2 ? 2 : 4;
  int64_t j = 0;
  for (; j + vectors * lanes <= columns; j += vectors * lanes) add_columns<T, Count, vectors, true>(r, j, lanes);
  for (; j + lanes <= columns; j += lanes) add_columns<T, Count, 1, true>(r, j, lanes);
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

// Rows [first, last) of B and some of its columns.
struct Piece {
  int64_t first, last, column, columns;
};

// B's rows are contiguous: C (+ bias) of the piece's columns, from multiples of its rows. `c`: where that is written.
template <typename T>
void add_piece(const Gemm<T>& g, const Piece& piece, const T* bias, T* c, int64_t c_row) {
  const int64_t groups = (g.m + kGroup - 1) / kGroup;
  T a[kUnroll * kGroup];
  for (int64_t p = piece.first; p < piece.last; p += kUnroll) {
    const int64_t depth = std::min(kUnroll, piece.last - p);
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t row = group * g.m / groups, rows = (group + 1) * g.m / groups - row;
      for (int64_t q = 0; q < depth; ++q)
        for (int64_t i = 0; i < rows; ++i) a[q * rows + i] = element(g.a, row + i, p + q);
      const Rows<T> block = {
          a, g.b.data + p * g.b.row + piece.column, g.b.row, depth, c + row * c_row, c_row, bias, p == piece.first};
      add_rows_kernel<T>(rows)(block, piece.columns);
    }
  }
}

template <typename T>
void add_strip(const Gemm<T>& g, int64_t column, int64_t columns) {
  add_piece(g, {0, g.k, column, columns}, g.bias == nullptr ? nullptr : g.bias + column, g.c + column, g.c_row);
  finish_rows(g.c + column, g.m, columns, g.c_row, g.epilogue.from(column));
}

struct PartScratch {};

// Where a row of B is short: every task reads whole rows, which lie one after another, and its sums are added at the end.
template <typename T>
void add_parts(const Gemm<T>& g, int64_t parts, bool parallel) {
  T* sums = thread_scratch<PartScratch>().array<T>((parts - 1) * g.m * g.n);
  const auto sum_of = [&](int64_t part) { return part == 0 ? g.c : sums + (part - 1) * g.m * g.n; };
  const int64_t blocks = (g.k + kUnroll - 1) / kUnroll;
  parallel_for(parts, parallel ? 1 : parts, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t first = part * blocks / parts * kUnroll, last = std::min(g.k, (part + 1) * blocks / parts * kUnroll);
      add_piece(g, {first, last, 0, g.n}, part == 0 ? g.bias : nullptr, sum_of(part), g.n);
    }
  });
  for (int64_t part = 1; part < parts; ++part)
    for (int64_t i = 0; i < g.m * g.n; ++i) g.c[i] += sum_of(part)[i];
  finish_rows(g.c, g.m, g.n, g.c_row, g.epilogue);
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
    const int64_t parts = std::min(kMostParts, g.k * g.n / kPart);
    if (g.n <= kColumns && parts > 1) return add_parts(g, parts, parallel);
    const int64_t strip = g.n <= 4 * kColumns ? kColumns / 2 : kColumns;
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
