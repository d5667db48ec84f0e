// Products of 16 x 16 matrices of 16-bit floats on the tensor cores, whose sums are float32. A warp makes each.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "cpu/dtype.h"

namespace hebb {

constexpr int kWarp = 32;
constexpr int kFragment = 16;

template <typename E>
struct NativeHalf;
template <>
struct NativeHalf<BFloat16> {
  using type = __nv_bfloat16;
};
template <>
struct NativeHalf<Float16> {
  using type = __half;
};

template <typename E, typename Layout>
using LeftFragment = nvcuda::wmma::fragment<nvcuda::wmma::matrix_a, 16, 16, 16, typename NativeHalf<E>::type, Layout>;
template <typename E, typename Layout>
using RightFragment = nvcuda::wmma::fragment<nvcuda::wmma::matrix_b, 16, 16, 16, typename NativeHalf<E>::type, Layout>;
using SumFragment = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, float>;

// Rows `stride` apart; the address is a multiple of 32 bytes, the stride of 16 bytes.
template <typename Fragment, typename E>
__device__ void load_fragment(Fragment& to, const E* from, unsigned stride) {
  nvcuda::wmma::load_matrix_sync(to, reinterpret_cast<const typename NativeHalf<E>::type*>(from), stride);
}

}  // namespace hebb
