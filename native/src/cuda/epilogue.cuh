// The end of a product or a convolution (cpu/epilogue.h) as one pass over its output, in accesses of 16 bytes. Not by epilogues of
// cuBLASLt or cuDNN: their relu makes 0 of NaN, and none of them adds a residual before it.
#pragma once

#include "cuda/map.cuh"
#include "ops/activation.h"

namespace hebb {

// What is added to each row of an output [rows, channels], or nothing.
template <typename B>
struct Bias {
  const B* values = nullptr;
  int64_t channels = 1;
};

// y + residual, rounded as that sum is, then op.
template <typename E, typename Op>
struct AfterSum {
  Op op;
  __device__ Wide<E> operator()(Wide<E> y, Wide<E> residual) const { return op(widened(E(y + residual))); }
  __device__ Wide<E> operator()(Wide<E> y) const { return op(y); }
};

// op is the gradient of an activation, taken at the residual.
template <typename E, typename Op>
struct AtResidual {
  Op op;
  __device__ Wide<E> operator()(Wide<E> y, Wide<E> residual) const { return op(y, residual); }
  __device__ Wide<E> operator()(Wide<E> y) const { return y; }  // there is always a residual
};

// N elements from `first` on; each sum is rounded as the op of its own would.
template <int N, typename E, typename B, typename Op>
__device__ void finish_pack(E* y, int64_t pack, int64_t first, const Bias<B>& bias, const E* residual, const Op& op) {
  Pack<E, N> values = read_pack<N>(y + first, pack);
  if (bias.values != nullptr) {
    int64_t channel = remainder_of(first + pack * N, bias.channels);
    for (int k = 0; k < N; ++k) {
      values.at[k] = widened(values.at[k]) + widened(bias.values[channel]);
      channel = channel + 1 < bias.channels ? channel + 1 : 0;
    }
  }
  if (residual != nullptr) {
    const Pack<E, N> more = read_pack<N>(residual + first, pack);
    for (int k = 0; k < N; ++k) values.at[k] = op(widened(values.at[k]), widened(more.at[k]));
  } else {
    for (int k = 0; k < N; ++k) values.at[k] = op(widened(values.at[k]));
  }
  write_pack(y + first, pack, values);
}

template <int N, typename E, typename B, typename Op>
__global__ void finish_elements(E* y, int64_t n, int64_t packed, Bias<B> bias, const E* residual, Op op) {
  begin_kernel();
  for_elements(packed / N, [&](int64_t i) { finish_pack<N>(y, i, 0, bias, residual, op); });
  for_elements(n - packed, [&](int64_t i) { finish_pack<1>(y, i, packed, bias, residual, op); });
}

template <typename E, typename B, typename Op>
void finish_with(E* y, int64_t n, const Bias<B>& bias, const E* residual, const Op& op) {
  constexpr int N = pack_size<E>();
  const bool aligned = starts_pack<N>(y) && (residual == nullptr || starts_pack<N>(residual));
  const int64_t packed = aligned ? n / N * N : 0;
  HEBB_LAUNCH(finish_elements<N>, grid_for(packed > 0 ? n / N : n), kThreads, y, n, packed, bias, residual, op);
  check_launch("an epilogue");
}

// y = activation(y + bias + residual), or gradient(y + bias, residual), over n elements.
template <typename E, typename B = E>
void finish(E* y, int64_t n, const Epilogue<E>& epilogue, const Bias<B>& bias = {}) {
  if (n == 0 || (epilogue.empty() && bias.values == nullptr)) return;
  const auto with = [&](const auto& op) { finish_with(y, n, bias, epilogue.residual, op); };
  if (is_gradient(epilogue.activation))
    return with_gradient(epilogue.activation, [&](const auto& op) { with(AtResidual<E, std::decay_t<decltype(op)>>{op}); });
  with_activation(epilogue.activation, [&](const auto& op) { with(AfterSum<E, std::decay_t<decltype(op)>>{op}); });
}

}  // namespace hebb
