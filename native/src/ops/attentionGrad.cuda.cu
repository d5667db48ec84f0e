// The gradient of attention on the GPU (T. Dao, "FlashAttention-2", 2023, section 3.1), without atomics: one kernel has blocks of
// queries and goes over the keys, for dq; another has blocks of keys and goes over the queries, for dk and dv. Both make the
// weights again from the log-sum-exp of their rows.
#include "cuda/memory.h"
#include "cuda/rows.cuh"
#include "ops/attentionMma.cuda.h"
#include "ops/attentionPlain.cuda.h"

namespace hebb {
namespace {

// With the mean of the gradients of each row's weights.
template <typename E>
struct Backward : AttentionBackward<E> {
  Wide<E>* means;
};

// means[row] = Σ g y.
template <typename E, typename A = Wide<E>>
__global__ void mean_slopes(RowPlan plan, int64_t queries, int64_t heads, int64_t width, AttentionRows<const E> g,
                            AttentionRows<const E> y, A* means) {
  begin_kernel();
  const Place at = here();
  const int64_t row = my_row(at), count = row < plan.rows ? width : 0;
  const AttentionMatrix matrix(row / queries, heads);
  const E *slopes = g.at(matrix, row % queries), *values = y.at(matrix, row % queries);
  const A mean = row_reduce<A>(
      at, count, A(0), [&](int64_t i) { return widened(slopes[i]) * widened(values[i]); }, AddUp{});
  if (row < plan.rows && threadIdx.x == 0) means[row] = mean;
}

// Scores become weights, and the gradients of weights those of scores. Rows are keys, or queries.
template <typename M, bool Keys>
__device__ void differentiate(const AttentionProblem& p, const Backward<typename M::Element>& b, int64_t batch, int first_row,
                              int first_column, typename M::Scores& weights, typename M::Scores& slopes) {
  using A = typename M::Number;
  const AttentionScores<M, Keys> tile(p, batch, first_row, first_column);
  tile.of_products(weights);
  const int64_t first = batch * p.shape.queries + tile.first_query;
  const A *log_sums = b.log_sums + first, *means = b.means + first;
  // What is hidden has no share, whatever its gradient is.
  const auto each = [&](auto some_hidden) {
    HEBB_UNROLL
    for (int r = 0; r < M::kMyRows; ++r)
      for (int c = 0; c < M::kMyColumns; ++c) {
        const int query = tile.query(r, c);
        A &weight = weights.x[r][c], &slope = slopes.x[r][c];
        const bool seen = !some_hidden || weight != kHidden<A>;
        weight = seen ? M::exp(weight - log_sums[query]) : A(0);
        slope = seen ? weight * (slope - means[query]) : A(0);
      }
  };
  if (tile.whole)
    each(std::false_type());
  else
    each(std::true_type());
}

template <typename M, bool Keys>
__global__ void __launch_bounds__(M::kThreads) attend_back(AttentionProblem p, Backward<typename M::Element> b, int64_t chunks) {
  begin_kernel();
  using A = typename M::Number;
  using E = typename M::Element;
  HEBB_SHARED(typename M::Shared, shared);
  const AttentionShape& s = p.shape;
  const int rows = static_cast<int>(Keys ? s.keys : s.queries), columns = static_cast<int>(Keys ? s.queries : s.keys);
  const AttentionBlock block(p, (rows + M::kRows - 1) / M::kRows, M::kRows, chunks, M::kOutput);
  const auto own = [&](const auto& x, int64_t width) {
    return all_rows(x, block.matrix, rows, width).part(block.first, M::kRows);
  };
  const TileRows<const E> own0 = own(Keys ? b.k : b.q, s.width), own1 = own(Keys ? b.v : b.g, s.values);
  const auto other = [&](const AttentionRows<const E>& x, int64_t width, int column) {
    return all_rows(x, block.matrix, columns, width).part(column, M::kColumns);
  };
  const int reach = block.first + M::kRows;
  const int last = !Keys && p.causal && reach < columns ? reach : columns;
  typename M::Sums sums, value_sums;
  // Keys that no query sees have gradients of zero.
  const int start = Keys && p.causal ? block.first / M::kColumns * M::kColumns : 0;
  if (start < last) {
    M::fetch_own(shared, 0, own0);
    M::fetch_own(shared, 1, own1);
  }
  for (int column = start; column < last; column += M::kColumns) {
    const TileRows<const E> other0 = other(Keys ? b.q : b.k, s.width, column), other1 = other(Keys ? b.g : b.v, s.values, column);
    typename M::Scores scores, slopes;
    __syncthreads();
    M::fetch_other(shared, 0, other0);
    M::fetch_other(shared, 1, other1);
    M::arrive();
    M::product(shared, 0, 0, own0, other0, scores);
    M::product(shared, 1, 1, own1, other1, slopes);
    differentiate<M, Keys>(p, b, block.matrix.batch, block.first, column, scores, slopes);
    sums.add(shared, 0, slopes, other0, block.column);
    if constexpr (Keys) value_sums.add(shared, 1, scores, other1, block.column);
  }
  A factors[M::kMyRows];
  const auto all_are = [&](A factor) {
    for (A& each : factors) each = factor;
  };
  all_are(static_cast<A>(p.scale));
  sums.write(own(Keys ? b.dk : b.dq, s.width), block.column, factors);
  all_are(1);
  if constexpr (Keys) value_sums.write(own(b.dv, s.values), block.column, factors);
}

template <typename M, bool Keys>
void launch(const AttentionProblem& p, const Backward<typename M::Element>& b) {
  const AttentionShape& s = p.shape;
  const int64_t rows = Keys ? s.keys : s.queries, width = Keys && s.values > s.width ? s.values : s.width;
  const int64_t blocks = (rows + M::kRows - 1) / M::kRows, chunks = (width + M::kOutput - 1) / M::kOutput;
  if (s.batch * blocks * chunks == 0) return;
  HEBB_LAUNCH((attend_back<M, Keys>), exact_grid(s.batch * blocks * chunks), dim3(M::kThreads), p, b, chunks);
  check_launch("attentionGrad");
}

template <typename M>
void launch_both(const AttentionProblem& p, const Backward<typename M::Element>& b) {
  launch<M, false>(p, b);
  launch<M, true>(p, b);
}

template <typename E>
void attend_back_all(const AttentionProblem& p, const Backward<E>& b) {
  if constexpr (kIsHalf<E>) {
    const int64_t width = p.shape.width > p.shape.values ? p.shape.width : p.shape.values;
    if (width <= 64) return launch_both<MmaTiles<E, 64, 4, 1, 64, 2>>(p, b);
    if (width <= 128) return launch_both<MmaTiles<E, 128, 2, 1, 32, 2>>(p, b);
    if (width <= kMmaWidth) return launch_both<MmaTiles<E, 256, 1, 1, 16, 2>>(p, b);
  }
  launch_both<PlainTiles<E>>(p, b);
}

}  // namespace

int attentionGrad_kernel(const Call& call, hebb_error& error) {
  AttentionProblem p{};
  if (const int status = check_attention_grad(call, error, "attentionGrad", p)) return status;
  const int64_t rows = p.shape.batch * p.shape.queries, values = p.shape.values;
  with_any_float(call.inputs[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using A = Wide<E>;
    const Scratch scratch(static_cast<uint64_t>(rows) * sizeof(A) + 1);
    const Backward<E> b = {{p, call}, scratch.as<A>()};
    const RowPlan plan(rows, values);
    if (rows > 0) {
      HEBB_LAUNCH(mean_slopes<E>, plan.grid(), plan.block(), plan, p.shape.queries, p.heads, values, b.g, b.y, b.means);
      check_launch("attentionGrad");
    }
    attend_back_all<E>(p, b);
  });
  return HEBB_OK;
}

}  // namespace hebb
