// Products of bfloat16 through float32: rows of A are widened, and rows of C rounded, a few at a time in the caches. What the
// epilogue does is done to the rounded result, as by the ops one after another.
#pragma once

#include "cpu/dtype.h"
#include "cpu/gemm.h"

namespace hebb {

// The rows of a [m, k], of c [m, n], and those of b or of its transpose, are dense.
struct WidenedGemm {
  int64_t m, n, k;
  const BFloat16* a;
  Matrix<BFloat16> b;
  BFloat16* c;
  const BFloat16* bias;  // [n] or null
  Epilogue<BFloat16> epilogue{};
};

// Runs on the threads of the team. Worth it from kWidenedRows rows on, which repay packing B.
constexpr int64_t kWidenedRows = 128;
void gemm_widened(const WidenedGemm& g);

}  // namespace hebb
