// A small product as threads make it, an element and all that follows it each.
#pragma once

#include <cmath>

#include "cuda/epilogue.cuh"
#include "ops/matmul.h"

namespace hebb {

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

// y[at] = finish(what the product and its bias make, at).
template <typename E, typename Out, typename Finish>
__device__ void multiply_small(const Place& place, const MatmulProblem& p, const Finish& finish) {
  const Steps along_a = p.transpose_a ? Steps{p.m, 1} : Steps{1, p.k}, along_b = p.transpose_b ? Steps{1, p.k} : Steps{p.n, 1};
  const E* bias = static_cast<const E*>(p.bias);
  Out* y = static_cast<Out*>(p.y);
  for_elements(place, p.batch * p.m * p.n, [&](int64_t at) {
    const int64_t row = at / p.n, j = at - row * p.n, batch = row / p.m, i = row - batch * p.m;
    const E* a = static_cast<const E*>(p.a) + batch * p.m * p.k + i * along_a.sum;
    const E* b = static_cast<const E*>(p.b) + (p.shared_b ? 0 : batch * p.k * p.n) + j * along_b.sum;
    Wide<Out> sum = dot(a, b, along_a, along_b, p.k);
    if (bias != nullptr) sum += widened(bias[j]);
    y[at] = finish(sum, at);
  });
}

// In a block with other small launches.
struct SmallProduct {
  MatmulProblem p;

  __device__ void operator()(const Place& place) const {
    const float* residual = static_cast<const float*>(p.residual);
    multiply_small<float, float>(place, p, [&](float sum, int64_t at) {
      float y = sum;
      if (is_gradient(p.activation))
        with_gradient(p.activation, [&](const auto& op) { y = op(sum, residual[at]); });
      else
        with_activation(p.activation, [&](const auto& op) { y = op(residual == nullptr ? sum : sum + residual[at]); });
      return y;
    });
  }
};

}  // namespace hebb
