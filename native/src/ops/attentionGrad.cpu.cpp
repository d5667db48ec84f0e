// The gradient of attention (T. Dao, "FlashAttention-2", 2023, section 3.1): weights are computed again, block by block, from the
// log-sum-exp of their row.
#include "ops/attentionParts.h"
#include "ops/normalize.h"

namespace hebb {
namespace {

// The memory of a task. For 16-bit floats keys, values and their gradients are float32 copies.
template <typename E>
struct Work {
  using T = Wide<E>;
  T *queries, *gradients, *keys, *values, *dk, *dv, *weights, *slopes, *product;

  static int64_t size(const AttentionShape& s) {
    const auto padded = AttentionMemory<T>::padded;
    return padded(kMostQueries * s.width) + padded(kMostQueries * s.values) + 2 * padded(kKeyBlock * s.width) +
           2 * padded(kKeyBlock * s.values) + 2 * kMostQueries * kKeyBlock + attention_product_scratch<T>(s);
  }
  Work(const AttentionShape& s, T* from) {
    AttentionMemory<T> memory(from);
    queries = memory.take(kMostQueries * s.width);
    gradients = memory.take(kMostQueries * s.values);
    keys = memory.take(kKeyBlock * s.width);
    values = memory.take(kKeyBlock * s.values);
    dk = memory.take(kKeyBlock * s.width);
    dv = memory.take(kKeyBlock * s.values);
    weights = memory.take(kMostQueries * kKeyBlock);
    slopes = memory.take(kMostQueries * kKeyBlock);
    product = memory.take(attention_product_scratch<T>(s));
  }
};

// A block of keys, and where sums of its gradients are made.
template <typename E>
struct KeyBlock {
  using T = Wide<E>;
  Matrix<T> keys, values;
  WritableRows<T> dk, dv;
};

// Scores become weights, and the gradients of weights in `slopes` those of scores.
template <typename E, typename T = Wide<E>>
void differentiate_tile(const AttentionProblem& p, const AttentionTile& tile, const AttentionBackward<E>& b, const Matrix<T>& g,
                        T* weights, T* slopes) {
  const int64_t values = p.shape.values;
  const T* log_sums = b.log_sums + tile.matrix.batch * p.shape.queries + tile.query;
  for (int64_t r = 0; r < tile.queries; ++r) {
    T *x = weights + r * kKeyBlock, *slope = slopes + r * kKeyBlock;
    const int64_t n = tile.seen(p.causal, r);
    const E* y = b.y.at(tile.matrix, tile.query + r);
    const T* gradient = g.data + r * g.row;
    const T mean = sum_terms<T>(values, [&](int64_t j) { return gradient[j] * widened(y[j]); }), log_sum = log_sums[r];
    for (int64_t j = 0; j < n; ++j) {
      x[j] = math::exp(x[j] - log_sum);
      slope[j] = x[j] * (slope[j] - mean);
    }
    std::fill(x + n, x + tile.keys, T(0));
    std::fill(slope + n, slope + tile.keys, T(0));
  }
}

// Adds what a block of queries gives to the gradients of a block of keys, and what those give to dq [L, E] / scale.
template <typename E, typename T = Wide<E>>
void add_tile(const AttentionProblem& p, const AttentionTile& tile, const AttentionBackward<E>& b, const KeyBlock<E>& block,
              T* dq, const Work<E>& w) {
  const AttentionShape& s = p.shape;
  const int64_t queries = tile.queries, keys = tile.keys;
  const Matrix<T> scaled = scaled_queries(p, tile, b.q, w.queries);
  const Matrix<T> g = wide_rows(b.g, tile.matrix, tile.query, queries, s.values, w.gradients);
  score_tile<E>(p, tile, scaled, block.keys, w.weights, w.product);
  const Matrix<T> weights = {w.weights, kKeyBlock, 1}, slopes = {w.slopes, kKeyBlock, 1};
  multiply_block<T>(queries, keys, s.values, g, transposed(block.values), {w.slopes, kKeyBlock}, false, w.product);
  differentiate_tile(p, tile, b, g, w.weights, w.slopes);
  multiply_block<T>(keys, s.values, queries, transposed(weights), g, block.dv, true, w.product);
  multiply_block<T>(keys, s.width, queries, transposed(slopes), scaled, block.dk, true, w.product);
  multiply_block<T>(queries, s.width, keys, slopes, block.keys, {dq + tile.query * s.width, s.width}, true, w.product);
}

// All that keys [key, last) have a part in; adds to dq [L, E].
template <typename E, typename T = Wide<E>>
void differentiate_keys(const AttentionProblem& p, const AttentionBackward<E>& b, const AttentionMatrix& matrix, int64_t key,
                        int64_t last, T* dq, const Work<E>& w) {
  const AttentionShape& s = p.shape;
  const int64_t most = query_block(p);
  for (; key < last; key += kKeyBlock) {
    const int64_t keys = std::min(kKeyBlock, last - key);
    const WritableRows<E> dk = {b.dk.at(matrix, key), b.dk.layout.stride}, dv = {b.dv.at(matrix, key), b.dv.layout.stride};
    KeyBlock<E> block = {wide_rows(b.k, matrix, key, keys, s.width, w.keys),
                         wide_rows(b.v, matrix, key, keys, s.values, w.values),
                         {w.dk, s.width},
                         {w.dv, s.values}};
    if constexpr (!kIsHalf<E>) block.dk = dk, block.dv = dv;
    block.dk.clear(keys, s.width);
    block.dv.clear(keys, s.values);
    for (int64_t query = p.causal ? key / most * most : 0; query < s.queries; query += most) {
      const int64_t queries = std::min(most, s.queries - query);
      add_tile(p, {matrix, query, queries, key, p.causal ? std::min(keys, query + queries - key) : keys}, b, block, dq, w);
    }
    if constexpr (kIsHalf<E>) {
      const auto narrowed = [](T value) { return E(value); };
      map_rows(keys, s.width, block.dk.data, block.dk.row, dk.data, dk.row, narrowed);
      map_rows(keys, s.values, block.dv.data, block.dv.row, dv.data, dv.row, narrowed);
    }
  }
}

// How keys are shared out: by the shape alone. Each share makes sums of its own for dq.
struct Shares {
  int64_t count, blocks;  // blocks of keys in all
  explicit Shares(const AttentionShape& s) {
    constexpr int64_t kTasks = 16;
    blocks = (s.keys + kKeyBlock - 1) / kKeyBlock;
    count = std::max<int64_t>(1, std::min(blocks, (kTasks + s.batch - 1) / s.batch));
  }
  int64_t begin(int64_t share) const { return share * blocks / count * kKeyBlock; }
};

struct AttentionGradScratch {};

template <typename E>
void differentiate(const AttentionProblem& p, const AttentionBackward<E>& b) {
  using T = Wide<E>;
  const AttentionShape& s = p.shape;
  const Shares shares(s);
  const int64_t count = s.queries * s.width, products = s.queries * s.keys * (3 * s.width + 2 * s.values);
  const int64_t all = s.batch * shares.count;
  const int64_t grain = shares.count > 1 ? 1 : std::max<int64_t>(1, kTaskProducts / std::max<int64_t>(1, products));
  const int64_t tasks = (all + grain - 1) / grain, slots = slots_for(tasks);
  const int64_t work = Work<E>::size(s), sums = AttentionMemory<T>::padded(count);
  // Sums of a single share are done with when its task ends.
  T* memory = thread_scratch<AttentionGradScratch>().array<T>(work * slots + sums * (shares.count > 1 ? all : slots));
  T* partial = memory + work * slots;
  const auto finish = [&](int64_t batch, T* sum) {
    for (int64_t share = 1; share < shares.count; ++share)
      for (int64_t i = 0; i < count; ++i) sum[i] += sum[share * sums + i];
    const T scale = static_cast<T>(p.scale);
    map_rows(s.queries, s.width, sum, s.width, b.dq.at({batch, p.heads}, 0), b.dq.layout.stride,
             [scale](T value) { return static_cast<E>(value * scale); });
  };
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    const Work<E> w(s, memory + slot * work);
    for (int64_t i = task * grain; i < std::min((task + 1) * grain, all); ++i) {
      const int64_t batch = i / shares.count, share = i % shares.count;
      T* dq = partial + (shares.count > 1 ? i : slot) * sums;
      std::fill_n(dq, count, T(0));
      differentiate_keys(p, b, {batch, p.heads}, shares.begin(share), std::min(shares.begin(share + 1), s.keys), dq, w);
      if (shares.count == 1) finish(batch, dq);
    }
  });
  if (shares.count == 1) return;
  parallel_for(s.batch, 1, [&](int64_t batch, int64_t) { finish(batch, partial + batch * shares.count * sums); });
}

}  // namespace

// g:F [B…,L,V], q, k, v, y, logSumExp and mask as attention has them; attributes scale, causal -> dq, dk, dv. Or
// g:F [B…,L,H,E], qkv, y, logSumExp and mask -> dqkv.
int attentionGrad_kernel(const Call& call, hebb_error& error) {
  AttentionProblem p{};
  if (const int status = check_attention_grad(call, error, "attentionGrad", p)) return status;
  if (p.shape.batch == 0) return HEBB_OK;
  with_any_float(call.inputs[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    differentiate<E>(p, {p, call});
  });
  return HEBB_OK;
}

}  // namespace hebb
