// Products of two matrices over their rows: c [m, n] = aᵀ b of a [k, m] and b [k, n], with m and n far smaller than k as in the
// gradient of a weight, or far larger. Where C has few elements the rows are cut into parts, whose sums are added up; how,
// depends on the shape alone, so that the bits are the same for any number of threads.
#pragma once

#include "cpu/dtype.h"

namespace hebb {

// float, or BFloat16 where bf16_instructions() (cpu/onednn.h); sums are float32.
template <typename T>
struct TallProduct {
  int64_t m, n, k;
  const T *a, *b;
  float* c;
};

void tall_gemm(const TallProduct<float>& product);
void tall_gemm(const TallProduct<BFloat16>& product);

// The same in float32, a part of the operands at a time in the caches.
void tall_gemm_widened(const TallProduct<BFloat16>& product);

// to[i] = the sum over `parts` of sums[part * stride + i], for i < count.
void add_parts(const float* sums, int64_t stride, int64_t parts, int64_t count, float* to);

}  // namespace hebb
