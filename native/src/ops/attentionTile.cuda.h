// What the kernels of attention share: tiles, which keys a query sees, and what becomes of the scores of a tile. How products are
// made is told by M (attentionMma.cuda.h on the tensor cores, attentionPlain.cuda.h without): each thread has the scores of
// kMyRows rows and kMyColumns columns of a tile, and kRowLanes neighbouring threads have the same rows.
#pragma once

#include <cmath>

#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "math/exp.h"
#include "math/log.h"
#include "ops/attentionOperands.h"

namespace hebb {

// Rows of a matrix, `stride` apart: those past `rows` count as zeros.
template <typename E>
struct TileRows {
  E* data;
  int rows;
  int64_t width, stride;

  // Rows [first, first + most).
  __device__ TileRows part(int first, int most) const {
    const int left = rows - first;
    return {data + first * stride, left < most ? left : most, width, stride};
  }
};

template <typename E>
__device__ TileRows<E> all_rows(const AttentionRows<E>& x, const AttentionMatrix& matrix, int rows, int64_t width) {
  return {x.at(matrix, 0), rows, width, x.layout.stride};
}

// What a block works on.
struct AttentionBlock {
  AttentionMatrix matrix;
  int first;   // row
  int column;  // of the output

  // Of blocks for each row block and each chunk of columns.
  __device__ AttentionBlock(const AttentionProblem& p, int64_t row_blocks, int rows, int64_t chunks, int columns)
      : matrix(blockIdx.x / chunks / row_blocks, p.heads),
        first(static_cast<int>(blockIdx.x / chunks % row_blocks * rows)),
        column(static_cast<int>(blockIdx.x % chunks * columns)) {}
};

// What makes scores of the products in a tile of queries with keys, of which each thread has its own. Rows are keys, or queries.
template <typename M, bool Keys>
struct AttentionScores {
  using A = typename M::Number;
  const AttentionProblem& p;
  const int64_t mask_offset;
  const int first_query, first_key;
  bool whole;  // all of the tile is there and seen

  __device__ AttentionScores(const AttentionProblem& p, int64_t batch, int first_row, int first_column)
      : p(p),
        mask_offset(p.mask.offset(batch)),
        first_query(Keys ? first_column : first_row),
        first_key(Keys ? first_row : first_column) {
    constexpr int kQueries = Keys ? M::kColumns : M::kRows, kKeys = Keys ? M::kRows : M::kColumns;
    whole = p.mask.data == nullptr && first_query + kQueries <= p.shape.queries && first_key + kKeys <= p.shape.keys &&
            !(p.causal && first_key + kKeys - 1 > first_query);
  }

  static __device__ int query(int r, int c) { return Keys ? M::column(c) : M::row(r); }
  static __device__ int key(int r, int c) { return Keys ? M::row(r) : M::column(c); }

  __device__ void of_products(typename M::Scores& scores) const {
    const A scale = static_cast<A>(p.scale);
    HEBB_UNROLL
    for (int r = 0; r < M::kMyRows; ++r)
      for (int c = 0; c < M::kMyColumns; ++c) scores.x[r][c] *= scale;
    if (whole) return;
    HEBB_UNROLL
    for (int r = 0; r < M::kMyRows; ++r)
      for (int c = 0; c < M::kMyColumns; ++c)
        scores.x[r][c] = seen(first_query + query(r, c), first_key + key(r, c), scores.x[r][c]);
  }

 private:
  __device__ A seen(int query, int key, A score) const {
    if (query >= p.shape.queries || key >= p.shape.keys || (p.causal && key > query)) return kHidden<A>;
    const AttentionMask& mask = p.mask;
    if (mask.data == nullptr) return score;
    const int64_t at = mask_offset + query * mask.row + key * mask.column;
    using E = typename M::Element;
    if (mask.adds) return masked<A>(score, static_cast<A>(widened(static_cast<const E*>(mask.data)[at])));
    return masked<A>(score, static_cast<const uint8_t*>(mask.data)[at] != 0);
  }
};

// The total over `Lanes` neighbouring threads, given to each.
template <int Lanes, typename A>
__device__ A lanes_max(A value) {
  HEBB_UNROLL
  for (int by = 1; by < Lanes; by *= 2) value = std::fmax(value, __shfl_xor_sync(0xffffffffu, value, by));
  return value;
}
template <int Lanes, typename A>
__device__ A lanes_sum(A value) {
  HEBB_UNROLL
  for (int by = 1; by < Lanes; by *= 2) value += __shfl_xor_sync(0xffffffffu, value, by);
  return value;
}

}  // namespace hebb
