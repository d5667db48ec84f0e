// How attention and its gradient run on the CPU: a block of queries with a block of keys at a time, whose scores stay in the
// second-level cache. Sums of 16-bit floats are float32.
#pragma once

#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "ops/attentionOperands.h"
#include "ops/softmaxRow.h"

namespace hebb {

constexpr int64_t kKeyBlock = 128, kMostQueries = 128;
// Products that are worth a task.
constexpr int64_t kTaskProducts = 1 << 17;

// Queries of a block: few where each block saves the keys that come after it, else many, for which keys are packed once.
inline int64_t query_block(const AttentionProblem& p) { return p.causal ? 32 : kMostQueries; }

// Queries [query, query + queries) of a matrix, and keys [key, key + keys).
struct AttentionTile {
  AttentionMatrix matrix;
  int64_t query, queries, key, keys;

  // How many of these keys the query in row r may see by the order of time: the first ones.
  int64_t seen(bool causal, int64_t r) const { return causal ? std::clamp<int64_t>(query + r + 1 - key, 0, keys) : keys; }
};

// Rows that products may write.
template <typename T>
struct WritableRows {
  T* data;
  int64_t row;  // elements between rows

  void clear(int64_t rows, int64_t width) const {
    for (int64_t r = 0; r < rows; ++r) std::fill_n(data + r * row, width, T(0));
  }
};

template <typename T>
Matrix<T> transposed(const Matrix<T>& m) {
  return {m.data, m.column, m.row};
}

// y[r, i] = f(x[r, i]); rows are `from` and `to` apart.
template <typename X, typename Y, typename F>
void map_rows(int64_t rows, int64_t width, const X* x, int64_t from, Y* y, int64_t to, const F& f) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < width; ++i) y[r * to + i] = f(x[r * from + i]);
}

// Rows from `first` on as products take them: where they lie, or widened into `copy`.
template <typename E>
Matrix<Wide<E>> wide_rows(const AttentionRows<const E>& x, const AttentionMatrix& matrix, int64_t first, int64_t rows,
                          int64_t width, Wide<E>* copy) {
  const E* from = x.at(matrix, first);
  if constexpr (kIsHalf<E>) {
    map_rows(rows, width, from, x.layout.stride, copy, width, [](E value) { return widened(value); });
    return {copy, width, 1};
  } else {
    (void)rows, (void)width, (void)copy;
    return {from, x.layout.stride, 1};
  }
}

// The queries of a tile, times the scale.
template <typename E>
Matrix<Wide<E>> scaled_queries(const AttentionProblem& p, const AttentionTile& tile, const AttentionRows<const E>& q,
                               Wide<E>* copy) {
  const int64_t width = p.shape.width;
  const Wide<E> factor = static_cast<Wide<E>>(p.scale);
  map_rows(tile.queries, width, q.at(tile.matrix, tile.query), q.layout.stride, copy, width,
           [factor](E value) { return widened(value) * factor; });
  return {copy, width, 1};
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
void multiply_block(int64_t m, int64_t n, int64_t k, const Matrix<T>& a, const Matrix<T>& b, const WritableRows<T>& c, bool add,
                    T* scratch) {
  serial_gemm(Gemm<T>{m, n, k, a, b, c.data, c.row, nullptr, add}, scratch);
}

// The scores of a tile, rows kKeyBlock apart, with the mask; those past tile.seen() are left as they are.
template <typename E, typename T = Wide<E>>
void score_tile(const AttentionProblem& p, const AttentionTile& tile, const Matrix<T>& scaled, const Matrix<T>& keys, T* scores,
                T* scratch) {
  multiply_block<T>(tile.queries, tile.keys, p.shape.width, scaled, transposed(keys), {scores, kKeyBlock}, false, scratch);
  const AttentionMask& mask = p.mask;
  if (mask.data == nullptr) return;
  const int64_t offset = mask.offset(tile.matrix.batch) + tile.key * mask.column, column = mask.column;
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
