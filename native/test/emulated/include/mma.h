// The tensor cores, on the CPU: the first thread of each warp holds whole matrices and does the work of all, before the others
// come to it. What the warp's threads write must be synchronised as between warps.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdio>

#include "math/halves.h"

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };

// Rows one after the other.
template <typename Use, int M, int N, int K, typename T, typename Layout = void>
struct fragment {
  static_assert(M == 16 && N == 16 && K == 16);
  static constexpr int num_elements = 256;
  float x[num_elements] = {};
};

inline bool works() { return threadIdx.x % 32 == 0; }

inline float read(const __half* from) {
  uint16_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return hebb::math::float16_to_float(bits);
}
inline float read(const __nv_bfloat16* from) {
  uint16_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return hebb::math::bfloat16_to_float(bits);
}

inline void check_alignment(const void* address, size_t stride_bytes) {
  if (reinterpret_cast<uintptr_t>(address) % 32 == 0 && stride_bytes % 16 == 0) return;
  std::fprintf(stderr, "emulated: a fragment at %p with a stride of %zu bytes\n", address, stride_bytes);
  std::abort();
}

template <typename Use, typename T>
void load_matrix_sync(fragment<Use, 16, 16, 16, T, row_major>& to, const T* from, unsigned stride) {
  check_alignment(from, stride * sizeof(T));
  for (int i = 0; works() && i < 256; ++i) to.x[i] = read(from + i / 16 * stride + i % 16);
}
template <typename Use, typename T>
void load_matrix_sync(fragment<Use, 16, 16, 16, T, col_major>& to, const T* from, unsigned stride) {
  check_alignment(from, stride * sizeof(T));
  for (int i = 0; works() && i < 256; ++i) to.x[i] = read(from + i % 16 * stride + i / 16);
}

using Sums = fragment<accumulator, 16, 16, 16, float>;

inline void load_matrix_sync(Sums& to, const float* from, unsigned stride, layout_t) {
  check_alignment(from, stride * sizeof(float));
  for (int i = 0; works() && i < 256; ++i) to.x[i] = from[i / 16 * stride + i % 16];
}
inline void store_matrix_sync(float* to, const Sums& from, unsigned stride, layout_t) {
  check_alignment(to, stride * sizeof(float));
  for (int i = 0; works() && i < 256; ++i) to[i / 16 * stride + i % 16] = from.x[i];
}
inline void fill_fragment(Sums& to, float value) {
  for (float& x : to.x) x = value;
}

template <typename A, typename B>
void mma_sync(Sums& d, const A& a, const B& b, const Sums& c) {
  for (int i = 0; works() && i < 256; ++i) {
    float sum = c.x[i];
    for (int k = 0; k < 16; ++k) sum += a.x[i / 16 * 16 + k] * b.x[k * 16 + i % 16];
    d.x[i] = sum;
  }
}

}  // namespace nvcuda::wmma
