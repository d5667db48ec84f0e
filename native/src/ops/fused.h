// The instructions of `fused` on the CPU: what each does to a run of elements.
#pragma once

#include "ops/fusedFunctors.h"

namespace hebb {

// Operands of an instruction, each of `n` elements; y may be any of a, b and c.
template <typename T>
struct FusedRun {
  T* y;
  const T *a, *b, *c;
  double immediate;
  int64_t n;
};

template <typename T>
using FusedFunction = void (*)(const FusedRun<T>&);

template <typename T, typename Op>
void fused_unary(const FusedRun<T>& r) {
  const T* a = r.a;
  T* y = r.y;
#pragma GCC ivdep
  for (int64_t i = 0; i < r.n; ++i) y[i] = Op{}(a[i]);
}

template <typename T, typename Op>
void fused_immediate(const FusedRun<T>& r) {
  const Op op{r.immediate};
  const T* a = r.a;
  T* y = r.y;
#pragma GCC ivdep
  for (int64_t i = 0; i < r.n; ++i) y[i] = op(a[i]);
}

template <typename T, typename Op>
void fused_binary(const FusedRun<T>& r) {
  const T *a = r.a, *b = r.b;
  T* y = r.y;
#pragma GCC ivdep
  for (int64_t i = 0; i < r.n; ++i) y[i] = Op{}(a[i], b[i]);
}

template <typename T>
void fused_where(const FusedRun<T>& r) {
  const T *a = r.a, *b = r.b, *c = r.c;
  T* y = r.y;
#pragma GCC ivdep
  for (int64_t i = 0; i < r.n; ++i) y[i] = a[i] != 0 ? b[i] : c[i];
}

// By number; the last is where.
template <typename T>
inline constexpr FusedFunction<T> kFusedInstructions[] = {
#define HEBB_FUSED_1(Op) fused_unary<T, Op>,
#define HEBB_FUSED_I(Op) fused_immediate<T, Op>,
#define HEBB_FUSED_2(Op) fused_binary<T, Op>,
    HEBB_FUSED_LIST(HEBB_FUSED_1, HEBB_FUSED_I, HEBB_FUSED_2)
#undef HEBB_FUSED_1
#undef HEBB_FUSED_I
#undef HEBB_FUSED_2
        fused_where<T>};

}  // namespace hebb
