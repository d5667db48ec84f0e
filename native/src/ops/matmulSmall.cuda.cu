// Small products: a thread makes an element and all that follows it, in one launch and without a library's choice of an
// algorithm.
#include <algorithm>

#include "ops/matmul.cuda.h"
#include "ops/matmulSmall.cuda.h"

namespace hebb {
namespace {

// Few threads a block, so that few elements still lie on many multiprocessors.
constexpr int kBlock = 64;

// The most elements of a sum that one thread makes.
constexpr int64_t kMostTerms = 512;

// `Last` takes what the product and its bias make before that is rounded, Op after it.
template <typename E, typename Out, typename Last, typename Op>
__global__ void small_products(MatmulProblem p, Last last, Op op) {
  begin_kernel();
  const Out* residual = static_cast<const Out*>(p.residual);
  multiply_small<E, Out>(here(), p, [&](Wide<Out> sum, int64_t at) {
    const Wide<Out> made = widened(Out(last(sum)));
    return residual == nullptr ? op(made) : op(made, widened(residual[at]));
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
  const int64_t n = p.batch * p.m * p.n;
  if (p.k > kMostTerms || n > device().small_products / (p.k + 1) / accesses(p)) return false;
  if (operands == HEBB_FLOAT32 && gather(Small::kProduct, &p, sizeof p, SmallShape::of_elements(n, p.k + 1))) return true;
  return with_any_float(operands, [&](auto type) {
    using E = typename decltype(type)::type;
    if (operands == dtype)
      multiply<E, E>(p);
    else
      multiply<E, Wide<E>>(p);
  });
}

}  // namespace hebb
