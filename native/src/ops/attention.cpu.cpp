// Attention without its weights in memory: softmax of the scores seen so far (M. Milakov and N. Gimelshein, "Online normalizer
// calculation for softmax", 2018), block by block of keys (T. Dao, "FlashAttention-2", 2023, section 3).
#include "ops/attentionParts.h"

namespace hebb {
namespace {

// The memory of a task.
template <typename E>
struct Work {
  using T = Wide<E>;
  T *queries, *keys, *values, *scores, *sums, *max, *total, *product;

  static int64_t size(const AttentionShape& s) {
    const auto padded = AttentionMemory<T>::padded;
    return padded(kMostQueries * s.width) + padded(kKeyBlock * s.width) + padded(kKeyBlock * s.values) +
           kMostQueries * kKeyBlock + padded(kMostQueries * s.values) + 2 * kMostQueries + attention_product_scratch<T>(s);
  }
  Work(const AttentionShape& s, T* from) {
    AttentionMemory<T> memory(from);
    queries = memory.take(kMostQueries * s.width);
    keys = memory.take(kKeyBlock * s.width);
    values = memory.take(kKeyBlock * s.values);
    scores = memory.take(kMostQueries * kKeyBlock);
    sums = memory.take(kMostQueries * s.values);
    max = memory.take(kMostQueries);
    total = memory.take(kMostQueries);
    product = memory.take(attention_product_scratch<T>(s));
  }
};

// Turns scores into exponentials above the largest so far, and what was summed up before to the same measure.
template <typename T>
void absorb_tile(const AttentionProblem& p, const AttentionTile& tile, T* scores, T* max, T* total, const WritableRows<T>& sums) {
  for (int64_t r = 0; r < tile.queries; ++r) {
    T* x = scores + r * kKeyBlock;
    const int64_t n = tile.seen(p.causal, r);
    const T here = row_max(x, n), best = here > max[r] ? here : max[r];
    // A row that has seen nothing yet: everything stays 0.
    const T shift = best == kHidden<T> ? T(0) : best;
    const T sum = row_exp(x, n, shift, [&](int64_t j, const Vector<T>& e, int64_t left) { write_scores(x + j, e, left); });
    std::fill(x + n, x + tile.keys, T(0));
    if (tile.key > 0) {
      const T factor = math::exp(max[r] - shift);
      total[r] *= factor;
      T* sum = sums.data + r * sums.row;
      for (int64_t j = 0; j < p.shape.values; ++j) sum[j] *= factor;
    }
    total[r] += sum;
    max[r] = best;
  }
}

template <typename E>
void attend_block(const AttentionProblem& p, const AttentionForward<E>& f, const AttentionMatrix& matrix, int64_t query,
                  const Work<E>& w) {
  using T = Wide<E>;
  const AttentionShape& s = p.shape;
  const int64_t queries = std::min(query_block(p), s.queries - query), row = matrix.batch * s.queries + query;
  const int64_t last = p.causal ? std::min(s.keys, query + queries) : s.keys;
  const WritableRows<E> y = {f.y.at(matrix, query), f.y.layout.stride};
  WritableRows<T> sums = {w.sums, s.values};
  if constexpr (!kIsHalf<E>) sums = y;
  const Matrix<T> scaled = scaled_queries<E>(p, {matrix, query, queries, 0, 0}, f.q, w.queries);
  std::fill_n(w.max, queries, kHidden<T>);
  std::fill_n(w.total, queries, T(0));
  if (last == 0) sums.clear(queries, s.values);
  for (int64_t key = 0; key < last; key += kKeyBlock) {
    const AttentionTile tile = {matrix, query, queries, key, std::min(kKeyBlock, last - key)};
    score_tile<E>(p, tile, scaled, wide_rows(f.k, matrix, key, tile.keys, s.width, w.keys), w.scores, w.product);
    absorb_tile(p, tile, w.scores, w.max, w.total, sums);
    const Matrix<T> values = wide_rows(f.v, matrix, key, tile.keys, s.values, w.values);
    multiply_block<T>(queries, s.values, tile.keys, {w.scores, kKeyBlock, 1}, values, sums, key > 0, w.product);
  }
  for (int64_t r = 0; r < queries; ++r) {
    const bool blind = w.total[r] == 0;
    const T share = blind ? T(0) : 1 / w.total[r];
    const T* sum = sums.data + r * sums.row;
    E* to = y.data + r * y.row;
    for (int64_t j = 0; j < s.values; ++j) to[j] = sum[j] * share;
    f.log_sums[row + r] = blind ? -kHidden<T> : w.max[r] + math::log(w.total[r]);
  }
}

struct AttentionScratch {};

template <typename E>
void attend(const AttentionProblem& p, const AttentionForward<E>& f) {
  using T = Wide<E>;
  const AttentionShape& s = p.shape;
  const int64_t block = query_block(p), blocks = (s.queries + block - 1) / block, all = s.batch * blocks;
  const int64_t products = std::min(block, s.queries) * s.keys * (s.width + s.values);
  const int64_t grain = std::max<int64_t>(1, kTaskProducts / std::max<int64_t>(1, products));
  const int64_t tasks = (all + grain - 1) / grain, slots = slots_for(tasks), size = Work<E>::size(s);
  T* memory = thread_scratch<AttentionScratch>().array<T>(size * slots);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    const Work<E> work(s, memory + slot * size);
    for (int64_t i = task * grain; i < std::min((task + 1) * grain, all); ++i)
      attend_block(p, f, {i / blocks, p.heads}, i % blocks * block, work);
  });
}

}  // namespace

// q:F [B…,L,E], k:F [B…,S,E], v:F [B…,S,V], optional mask:F or b, [B…,L,S] or 1 along any axis; attributes scale, causal
// -> y:F [B…,L,V], logSumExp:W [B…,L], +infinity where nothing is seen. Or qkv:F [B…,L,3,H,E], optional mask of [B…,H,L,L]
// -> y:F [B…,L,H,E], logSumExp:W [B…,H,L].
int attention_kernel(const Call& call, hebb_error& error) {
  AttentionProblem p{};
  if (const int status = check_attention(call, error, "attention", p)) return status;
  if (p.shape.batch == 0 || p.shape.queries == 0) return HEBB_OK;
  with_any_float(call.inputs[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    attend<E>(p, {p, call});
  });
  return HEBB_OK;
}

}  // namespace hebb
