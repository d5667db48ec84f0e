// Attention on the GPU: a block of threads has some queries, and goes over the keys once, with the softmax of the scores seen so
// far (M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", 2018; T. Dao, "FlashAttention-2", 2023, section
// 3).
#include "ops/attentionPlain.cuda.h"
#include "ops/attentionWmma.cuda.h"

namespace hebb {
namespace {

template <typename E>
struct Forward {
  const E *q, *k, *v;
  E* y;
  Wide<E>* log_sums;
};

// What a row has seen so far; each of its threads knows it.
template <typename A>
struct RowState {
  A max = kHidden<A>, total = 0;
};

// Turns a row's scores into exponentials above the largest so far.
template <typename M>
__device__ void absorb(const AttentionProblem& p, typename M::Shared& shared, int64_t batch, int64_t first_query,
                       int64_t first_key, RowState<typename M::Number>& state) {
  using A = typename M::Number;
  constexpr int kEach = M::kColumns / M::kLanes;
  const int row = threadIdx.x / M::kLanes, lane = threadIdx.x % M::kLanes;
  const int64_t offset = p.mask.offset(batch);
  A* scores = shared.scores[0];
  A x[kEach], here = kHidden<A>;
  HEBB_UNROLL
  for (int t = 0; t < kEach; ++t) {
    const int column = lane + t * M::kLanes;
    x[t] =
        attention_score<typename M::Element>(p, offset, first_query + row, first_key + column, scores[row * M::kStride + column]);
    here = x[t] > here ? x[t] : here;
  }
  here = lanes_max<M::kLanes>(here);
  const A best = here > state.max ? here : state.max;
  // A row that has seen nothing yet: everything stays 0.
  const A shift = best == kHidden<A> ? A(0) : best;
  A sum = 0;
  HEBB_UNROLL
  for (int t = 0; t < kEach; ++t) {
    x[t] = math::exp(x[t] - shift);
    sum += x[t];
  }
  const A factor = math::exp(state.max - shift);
  state.total = state.total * factor + lanes_sum<M::kLanes>(sum);
  state.max = best;
  __syncthreads();
  HEBB_UNROLL
  for (int t = 0; t < kEach; ++t) M::weights(scores, row)[lane + t * M::kLanes] = x[t];
  M::set_factor(shared, row, lane, factor);
  __syncthreads();
}

template <typename M>
__global__ void __launch_bounds__(M::kThreads) attend(AttentionProblem p, Forward<typename M::Element> f, int64_t chunks) {
  using A = typename M::Number;
  using E = typename M::Element;
  HEBB_SHARED(typename M::Shared, shared);
  const AttentionShape& s = p.shape;
  const AttentionBlock block(s.queries, M::kRows, chunks, M::kOutput);
  const TileRows<E> queries = tile_rows(f.q, block.batch, s.queries, s.width, block.first, M::kRows);
  const int64_t reach = block.first + M::kRows, last = p.causal && reach < s.keys ? reach : s.keys;
  typename M::Sums sums;
  RowState<A> state;
  M::load_own(shared, 0, queries);
  for (int64_t key = 0; key < last; key += M::kColumns) {
    const TileRows<E> keys = tile_rows(f.k, block.batch, s.keys, s.width, key, M::kColumns);
    const TileRows<E> values = tile_rows(f.v, block.batch, s.keys, s.values, key, M::kColumns);
    M::load_other(shared, 0, keys);
    M::product(shared, 0, queries, keys);
    absorb<M>(p, shared, block.batch, block.first, key, state);
    M::load_other(shared, 0, values);
    sums.scale(shared);
    sums.add(shared, 0, 0, values, block.column);
  }
  const bool blind = state.total == 0;
  const int row = threadIdx.x / M::kLanes, lane = threadIdx.x % M::kLanes;
  const int64_t at = block.batch * s.queries + block.first;
  __syncthreads();
  M::set_factor(shared, row, lane, blind ? A(0) : 1 / state.total);
  if (lane == 0 && row < queries.rows && block.column == 0)
    f.log_sums[at + row] = blind ? -kHidden<A> : state.max + math::log(state.total);
  __syncthreads();
  sums.scale(shared);
  sums.write(shared, f.y + at * s.values, queries.rows, s.values, block.column, A(1));
}

template <typename M>
void launch(const AttentionProblem& p, const Forward<typename M::Element>& f) {
  const AttentionShape& s = p.shape;
  const int64_t blocks = (s.queries + M::kRows - 1) / M::kRows, chunks = (s.values + M::kOutput - 1) / M::kOutput;
  const int64_t least = chunks > 0 ? chunks : 1;  // without columns there are still sums
  HEBB_LAUNCH(attend<M>, exact_grid(s.batch * blocks * least), dim3(M::kThreads), p, f, least);
  check_launch("attention");
}

template <typename E>
void attend_all(const AttentionProblem& p, const Forward<E>& f) {
  if constexpr (kIsHalf<E>) {
    const int64_t width = p.shape.width > p.shape.values ? p.shape.width : p.shape.values;
    if (width <= 64) return launch<WmmaTiles<E, 64, 4, 64, 1>>(p, f);
    if (width <= 128) return launch<WmmaTiles<E, 128, 4, 32, 1>>(p, f);
    if (width <= kWmmaWidth) return launch<WmmaTiles<E, 256, 2, 32, 1>>(p, f);
  }
  launch<PlainTiles<E, 1>>(p, f);
}

}  // namespace

int attention_kernel(const Call& call, hebb_error& error) {
  AttentionProblem p{};
  if (const int status = check_attention(call, error, "attention", p)) return status;
  if (p.shape.batch == 0 || p.shape.queries == 0) return HEBB_OK;
  const View *in = call.inputs, *out = call.outputs;
  with_any_float(in[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    attend_all<E>(p, {data<E>(in[0]), data<E>(in[1]), data<E>(in[2]), data<E>(out[0]), data<Wide<E>>(out[1])});
  });
  return HEBB_OK;
}

}  // namespace hebb
