// Small products: a thread makes an element and all that follows it, in one launch and without a library's choice of an
// algorithm.
#include <algorithm>
#include <cmath>

#include "cuda/epilogue.cuh"
#include "ops/matmul.cuda.h"

namespace hebb {
namespace {

// Few threads a block, so that few elements still lie on many multiprocessors.
constexpr int kBlock = 64;

// The most elements of a sum that one thread makes.
constexpr int64_t kMostTerms = 512;

// An operand's distances from term to term of a sum, and from sum to sum.
struct Steps {
  int64_t term, sum;
};

template <typename E>
__device__ Wide<E> dot(const E* a, const E* b, Steps along_a, Steps along_b, int64_t k) {
  Wide<E> sum = 0;
  HEBB_UNROLL
  for (int64_t at = 0; at < k; ++at) sum = std::fma(widened(a[at * along_a.term]), widened(b[at * along_b.term]), sum);
  return sum;
}

// `Last` takes what the product and its bias make before that is rounded, Op after it.
template <typename E, typename Out, typename Last, typename Op>
__global__ void small_products(MatmulProblem p, Last last, Op op) {
  const Steps along_a = p.transpose_a ? Steps{p.m, 1} : Steps{1, p.k}, along_b = p.transpose_b ? Steps{1, p.k} : Steps{p.n, 1};
  const E* bias = static_cast<const E*>(p.bias);
  const Out* residual = static_cast<const Out*>(p.residual);
  Out* y = static_cast<Out*>(p.y);
  for_elements(p.batch * p.m * p.n, [&](int64_t at) {
    const int64_t row = at / p.n, j = at - row * p.n, batch = row / p.m, i = row - batch * p.m;
    const E* a = static_cast<const E*>(p.a) + batch * p.m * p.k + i * along_a.sum;
    const E* b = static_cast<const E*>(p.b) + (p.shared_b ? 0 : batch * p.k * p.n) + j * along_b.sum;
    Wide<Out> sum = dot(a, b, along_a, along_b, p.k);
    if (bias != nullptr) sum += widened(bias[j]);
    const Wide<Out> made = widened(Out(last(sum)));
    y[at] = residual == nullptr ? op(made) : op(made, widened(residual[at]));
  });
}

// What a warp reads of b for a term, in lines of the cache: neighbours lie side by side, or in rows of their own.
int64_t accesses(const MatmulProblem& p) { return p.transpose_b ? std::clamp<int64_t>(p.k / 2, 1, 16) : 1; }

template <typename E, typename Out, typename Last, typename Op>
void launch(const MatmulProblem& p, const Last& last, const Op& op) {
  const int64_t blocks = (p.batch * p.m * p.n + kBlock - 1) / kBlock;
  HEBB_LAUNCH((small_products<E, Out, Last, Op>), exact_grid(blocks), kBlock, p, last, op);
  check_launch("a small product");
}

template <typename E, typename Out>
void multiply(const MatmulProblem& p) {
  using Same = AfterSum<Out, Unchanged>;
  // As where cuBLASLt ends with gelu.
  if (ends_in_gelu(p, sizeof(E) == 2 && sizeof(Out) == 2)) return launch<E, Out>(p, GeluTanh{}, Same{});
  if (is_gradient(p.activation))
    return with_gradient(
        p.activation, [&](const auto& op) { launch<E, Out>(p, Unchanged{}, AtResidual<Out, std::decay_t<decltype(op)>>{op}); });
  with_activation(p.activation,
                  [&](const auto& op) { launch<E, Out>(p, Unchanged{}, AfterSum<Out, std::decay_t<decltype(op)>>{op}); });
}

}  // namespace

bool cuda_matmul_small(const MatmulProblem& p, int operands, int dtype) {
  if (p.k > kMostTerms || p.batch * p.m * p.n > device().small_products / (p.k + 1) / accesses(p)) return false;
  return with_any_float(operands, [&](auto type) {
    using E = typename decltype(type)::type;
    if (operands == dtype)
      multiply<E, E>(p);
    else
      multiply<E, Wide<E>>(p);
  });
}

}  // namespace hebb
