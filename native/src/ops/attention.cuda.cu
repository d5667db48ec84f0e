// Attention on the GPU: a block of threads has some queries, and goes over the keys once, with the softmax of the scores seen so
// far (M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", 2018; T. Dao, "FlashAttention-2", 2023, section
// 3).
#include "ops/attentionMma.cuda.h"
#include "ops/attentionPlain.cuda.h"

namespace hebb {
namespace {

// What the rows of a thread have seen so far; all threads of a row know it.
template <typename M>
struct RowStates {
  using A = typename M::Number;
  A max[M::kMyRows], total[M::kMyRows];

  __device__ RowStates() {
    for (int r = 0; r < M::kMyRows; ++r) max[r] = kHidden<A>, total[r] = 0;
  }

  // Turns scores into exponentials above the largest so far. The factors are what came before is to be multiplied with.
  __device__ void absorb(typename M::Scores& scores, A (&factors)[M::kMyRows]) {
    HEBB_UNROLL
    for (int r = 0; r < M::kMyRows; ++r) {
      A(&x)[M::kMyColumns] = scores.x[r];
      A best = max[r];
      HEBB_UNROLL
      for (int c = 0; c < M::kMyColumns; ++c) best = std::fmax(best, x[c]);
      best = lanes_max<M::kRowLanes>(best);
      // A row that has seen nothing yet: everything stays 0.
      const A shift = best == kHidden<A> ? A(0) : best;
      A sum = 0;
      HEBB_UNROLL
      for (int c = 0; c < M::kMyColumns; ++c) {
        x[c] = M::exp(x[c] - shift);
        sum += x[c];
      }
      factors[r] = M::exp(max[r] - shift);
      total[r] = total[r] * factors[r] + lanes_sum<M::kRowLanes>(sum);
      max[r] = best;
    }
  }
};

template <typename M>
__global__ void __launch_bounds__(M::kThreads)
    attend(AttentionProblem p, AttentionForward<typename M::Element> f, int64_t chunks) {
  begin_kernel();
  using A = typename M::Number;
  using E = typename M::Element;
  HEBB_SHARED(typename M::Shared, shared);
  const AttentionShape& s = p.shape;
  const AttentionBlock block(p, (s.queries + M::kRows - 1) / M::kRows, M::kRows, chunks, M::kOutput);
  const TileRows<const E> queries = all_rows(f.q, block.matrix, s.queries, s.width).part(block.first, M::kRows);
  const auto tile = [&](const AttentionRows<const E>& x, int64_t width, int64_t key) {
    return all_rows(x, block.matrix, s.keys, width).part(key, M::kColumns);
  };
  const int reach = block.first + M::kRows, last = p.causal && reach < s.keys ? reach : static_cast<int>(s.keys);
  typename M::Sums sums;
  RowStates<M> rows;
  A factors[M::kMyRows];
  if (last > 0) {
    M::fetch_own(shared, 0, queries);
    M::fetch_other(shared, 0, tile(f.k, s.width, 0));
  }
  for (int key = 0; key < last; key += M::kColumns) {
    const TileRows<const E> keys = tile(f.k, s.width, key), values = tile(f.v, s.values, key);
    typename M::Scores scores;
    M::arrive();
    // Values travel while scores are made, the next keys while these are used.
    M::fetch_other(shared, 1, values);
    M::product(shared, 0, 0, queries, keys, scores);
    AttentionScores<M, false>(p, block.matrix.batch, block.first, key).of_products(scores);
    rows.absorb(scores, factors);
    M::arrive();
    if (key + M::kColumns < last) M::fetch_other(shared, 0, tile(f.k, s.width, key + M::kColumns));
    sums.scale(factors);
    sums.add(shared, 1, scores, values, block.column);
  }
  const int64_t at = block.matrix.batch * s.queries + block.first;
  HEBB_UNROLL
  for (int r = 0; r < M::kMyRows; ++r) {
    const A total = rows.total[r];
    factors[r] = total == 0 ? A(0) : 1 / total;
    if (threadIdx.x % M::kRowLanes == 0 && M::row(r) < queries.rows && block.column == 0)
      f.log_sums[at + M::row(r)] = total == 0 ? -kHidden<A> : rows.max[r] + math::log(total);
  }
  sums.write(all_rows(f.y, block.matrix, s.queries, s.values).part(block.first, M::kRows), block.column, factors);
}

template <typename M>
void launch(const AttentionProblem& p, const AttentionForward<typename M::Element>& f) {
  const AttentionShape& s = p.shape;
  const int64_t blocks = (s.queries + M::kRows - 1) / M::kRows, chunks = (s.values + M::kOutput - 1) / M::kOutput;
  const int64_t least = chunks > 0 ? chunks : 1;  // without columns there are still sums
  HEBB_LAUNCH(attend<M>, exact_grid(s.batch * blocks * least), dim3(M::kThreads), p, f, least);
  check_launch("attention");
}

template <typename E>
void attend_all(const AttentionProblem& p, const AttentionForward<E>& f) {
  if constexpr (kIsHalf<E>) {
    const int64_t width = p.shape.width > p.shape.values ? p.shape.width : p.shape.values;
    if (width <= 64) return launch<MmaTiles<E, 64, 4, 2, 64, 1>>(p, f);
    if (width <= 128) return launch<MmaTiles<E, 128, 4, 1, 32, 1>>(p, f);
    if (width <= kMmaWidth) return launch<MmaTiles<E, 256, 2, 1, 16, 1>>(p, f);
  }
  launch<PlainTiles<E>>(p, f);
}

}  // namespace

int attention_kernel(const Call& call, hebb_error& error) {
  AttentionProblem p{};
  if (const int status = check_attention(call, error, "attention", p)) return status;
  if (p.shape.batch == 0 || p.shape.queries == 0) return HEBB_OK;
  with_any_float(call.inputs[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    attend_all<E>(p, {p, call});
  });
  return HEBB_OK;
}

}  // namespace hebb
