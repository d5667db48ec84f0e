// What the kernels of attention share: which keys a query sees, and sums over the few threads of a row.
#pragma once

#include <cmath>

#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "math/exp.h"
#include "math/log.h"
#include "ops/attention.h"

namespace hebb {

// Rows of a matrix from one on: those past `rows` count as zeros.
template <typename E>
struct TileRows {
  const E* data;
  int64_t rows;
  int64_t width;
};

// Rows [first, first + most) of matrix `batch` of [batch, all, width].
template <typename E>
__device__ TileRows<E> tile_rows(const E* x, int64_t batch, int64_t all, int64_t width, int64_t first, int64_t most) {
  const int64_t left = all - first;
  return {x + (batch * all + first) * width, left < most ? left : most, width};
}

// What a block works on.
struct AttentionBlock {
  int64_t batch, first;  // row
  int64_t column;        // of the output
  __device__ AttentionBlock(int64_t rows, int per_block, int64_t chunks, int per_chunk) {
    const int64_t blocks = (rows + per_block - 1) / per_block, at = blockIdx.x / chunks;
    batch = at / blocks;
    first = at % blocks * per_block;
    column = blockIdx.x % chunks * per_chunk;
  }
};

// The score of a query with a key, from the product of the two.
template <typename E, typename A = Wide<E>>
__device__ A attention_score(const AttentionProblem& p, int64_t mask_offset, int64_t query, int64_t key, A product) {
  if (query >= p.shape.queries || key >= p.shape.keys || (p.causal && key > query)) return kHidden<A>;
  const A score = product * static_cast<A>(p.scale);
  const AttentionMask& mask = p.mask;
  if (mask.data == nullptr) return score;
  const int64_t at = mask_offset + query * mask.row + key * mask.column;
  if (mask.adds) return masked<A>(score, static_cast<A>(widened(static_cast<const E*>(mask.data)[at])));
  return masked<A>(score, static_cast<const uint8_t*>(mask.data)[at] != 0);
}

// The total over `Lanes` neighbouring threads, given to each.
template <int Lanes, typename A>
__device__ A lanes_max(A value) {
  for (int by = 1; by < Lanes; by *= 2) {
    const A other = __shfl_xor_sync(0xffffffffu, value, by);
    value = other > value ? other : value;
  }
  return value;
}
template <int Lanes, typename A>
__device__ A lanes_sum(A value) {
  for (int by = 1; by < Lanes; by *= 2) value += __shfl_xor_sync(0xffffffffu, value, by);
  return value;
}

}  // namespace hebb
