// How attention and its gradient run on the CPU: a block of queries with a block of keys at a time, whose scores stay in the
// second-level cache. Sums of 16-bit floats are float32.
#pragma once

#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "ops/attention.h"
#include "ops/softmaxRow.h"

namespace hebb {

constexpr int64_t kKeyBlock = 128, kMostQueries = 128;
// Products that are worth a task.
constexpr int64_t kTaskProducts = 1 << 17;

// Queries of a block: few where each block saves the keys that come after it, else many, for which keys are packed once.
inline int64_t query_block(const AttentionProblem& p) { return p.causal ? 32 : kMostQueries; }

// Queries [query, query + queries) of one matrix of the batch, and keys [key, key + keys).
struct AttentionTile {
  int64_t batch, query, queries, key, keys;

  // How many of these keys the query in row r may see by the order of time: the first ones.
  int64_t seen(bool causal, int64_t r) const { return causal ? std::clamp<int64_t>(query + r + 1 - key, 0, keys) : keys; }
};

// `count` numbers as products take them: where they lie, or widened into `copy`.
template <typename E>
const Wide<E>* wide_rows(const E* x, int64_t count, Wide<E>* copy) {
  if constexpr (kIsHalf<E>) {
    for (int64_t i = 0; i < count; ++i) copy[i] = x[i];
    return copy;
  } else {
    (void)count, (void)copy;
    return x;
  }
}

template <typename E>
void scaled_rows(const E* x, int64_t count, double scale, Wide<E>* copy) {
  const Wide<E> factor = static_cast<Wide<E>>(scale);
  for (int64_t i = 0; i < count; ++i) copy[i] = widened(x[i]) * factor;
}

// Memory of one task: arrays one after another, each aligned to a cache line.
template <typename T>
class AttentionMemory {
 public:
  explicit AttentionMemory(T* from) : next_(from) {}
  T* take(int64_t count) {
    T* const taken = next_;
    next_ += padded(count);
    return taken;
  }
  static int64_t padded(int64_t count) { return (count + 15) / 16 * 16; }

 private:
  T* next_;
};

// Elements of scratch for the products below.
template <typename T>
int64_t attention_product_scratch(const AttentionShape& s) {
  const int64_t most = std::max(kMostQueries, kKeyBlock);
  return AttentionMemory<T>::padded(serial_gemm_scratch<T>(std::max({s.width, s.values, most})));
}

// c [m, n] = or += a b.
template <typename T>
void multiply_block(int64_t m, int64_t n, int64_t k, const Matrix<T>& a, const Matrix<T>& b, T* c, bool add, T* scratch,
                    int64_t c_row) {
  serial_gemm(Gemm<T>{m, n, k, a, b, c, c_row, nullptr, add}, scratch);
}

// The scores of a tile, rows kKeyBlock apart, with the mask; those past tile.seen() are left as they are.
template <typename E, typename T = Wide<E>>
void score_tile(const AttentionProblem& p, const AttentionTile& tile, const T* scaled_queries, const T* keys, T* scores,
                T* scratch) {
  const int64_t width = p.shape.width;
  multiply_block<T>(tile.queries, tile.keys, width, {scaled_queries, width, 1}, {keys, 1, width}, scores, false, scratch,
                    kKeyBlock);
  const AttentionMask& mask = p.mask;
  if (mask.data == nullptr) return;
  const int64_t offset = mask.offset(tile.batch) + tile.key * mask.column, column = mask.column;
  for (int64_t r = 0; r < tile.queries; ++r) {
    T* x = scores + r * kKeyBlock;
    const int64_t n = tile.seen(p.causal, r), at = offset + (tile.query + r) * mask.row;
    if (mask.adds) {
      const E* added = static_cast<const E*>(mask.data) + at;
      for (int64_t j = 0; j < n; ++j) x[j] = masked<T>(x[j], static_cast<T>(widened(added[j * column])));
    } else {
      const uint8_t* seen = static_cast<const uint8_t*>(mask.data) + at;
      for (int64_t j = 0; j < n; ++j) x[j] = masked<T>(x[j], seen[j * column] != 0);
    }
  }
}

}  // namespace hebb
