// What oneDNN computes for us; only onednn*.cpp know its API. Ready primitives are kept per host thread, so that a repeated call
// only sets pointers and executes.
#pragma once

#include "cpu/dtype.h"
#include "ops/conv2d.h"

namespace hebb {

// Computes a convolution of float or BFloat16, whose filter gradient is float; false where oneDNN has no optimised kernel for it.
// Results have the same bits for any number of threads: filter gradients are cut into fixed parts, each made by one thread.
template <typename T>
bool onednn_conv2d(const ConvShape& shape, ConvPass pass, const ConvData<T>& data);

// Whether this machine multiplies bfloat16 numbers (AVX512_BF16 or AMX).
bool bf16_instructions();
// Whether it does so in matrix units (AMX), an order of magnitude faster than float32.
bool matrix_units();
// Whether it does so faster than float32 numbers. Of Intel's vector instructions that for bfloat16 makes two products where those
// for float32, of which it runs twice as many a cycle, make one (A. Abel, J. Reineke, "uops.info", 2019, VDPBF16PS): operands are
// widened there. HEBB_BF16_PRODUCTS, `bfloat16` or `float32`, says otherwise.
bool bf16_pays();
// Whether so many products of so many elements pay for copies of these in float32 then.
inline bool widening_pays(int64_t products, int64_t elements) { return !bf16_pays() && products >= 64 * elements; }
// The same for copies of a few rows at a time, which stay in the caches (cpu/gemm_widened.h).
inline bool widening_rows_pays(int64_t products, int64_t elements) { return !bf16_pays() && products >= 16 * elements; }

// c[batch, m, n] = a b + bias, summed up in float32; c is float32 (`wide`) or bfloat16.
struct Bf16Product {
  int64_t batch, m, n, k;
  bool transpose_a, transpose_b, shared_b, wide;
  const BFloat16 *a, *b, *bias;
  void* c;
};

// False where oneDNN has no optimised kernel for it.
bool onednn_matmul(const Bf16Product& product);

// Writes the filters (float or BFloat16) of a forward convolution into `packed` (float32) in the layout that its kernel wants,
// behind a header that says which; false, with `packed` as it was, where there is no kernel, nothing to do, or no room.
// onednn_conv2d reads packed filters whose header is the wanted one, and packs `w` itself otherwise.
template <typename T>
bool onednn_pack_filter(const ConvShape& shape, const T* w, const View& packed);

}  // namespace hebb
