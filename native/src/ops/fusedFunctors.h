// The instructions of `fused`: what each does to an element, by the functors of the ops of these names. Registers hold
// float32 or float64; truth is 1 or 0 in them, and what would be an array of 16 bits is rounded to these.
#pragma once

#include <cstdint>

#include "math/halves.h"
#include "ops/activationGrad.h"
#include "ops/binary.h"
#include "ops/unary.h"

namespace hebb {

struct FusedCopy {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return x;
  }
};

struct FusedTruth {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return T(x != 0);
  }
};

struct FusedNot {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return T(x == 0);
  }
};

struct FusedIsNaN {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return T(x != x);
  }
};

struct FusedIsFinite {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return T(x - x == 0);
  }
};

// Rounding to 16 bits.
#define HEBB_FUSED_ROUND(Name, Half)                \
  struct Name {                                     \
    template <typename T>                           \
    HEBB_HD T operator()(T x) const {               \
      return T(float(Half(static_cast<float>(x)))); \
    }                                               \
  };
HEBB_FUSED_ROUND(FusedBFloat16, BFloat16)
HEBB_FUSED_ROUND(FusedFloat16, Float16)
#undef HEBB_FUSED_ROUND

#define HEBB_FUSED_TEST(Name, expression)  \
  struct Name {                            \
    template <typename T>                  \
    HEBB_HD T operator()(T a, T b) const { \
      return T(expression);                \
    }                                      \
  };
HEBB_FUSED_TEST(FusedEqual, a == b)
HEBB_FUSED_TEST(FusedNotEqual, a != b)
HEBB_FUSED_TEST(FusedLess, a < b)
HEBB_FUSED_TEST(FusedLessEqual, a <= b)
HEBB_FUSED_TEST(FusedGreater, a > b)
HEBB_FUSED_TEST(FusedGreaterEqual, a >= b)
HEBB_FUSED_TEST(FusedAnd, (a != 0) & (b != 0))
HEBB_FUSED_TEST(FusedOr, (a != 0) | (b != 0))
HEBB_FUSED_TEST(FusedXor, (a != 0) ^ (b != 0))
#undef HEBB_FUSED_TEST

// The halves of a clip.
struct FusedAtLeast {
  double bound;
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T low = static_cast<T>(bound);
    return x < low ? low : x;
  }
};

struct FusedAtMost {
  double bound;
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T high = static_cast<T>(bound);
    return x > high ? high : x;
  }
};

// FUSED_n(name of the op, functor) with n operands, FUSED_I for one operand and an immediate. The order is the instruction's
// number; packages/tensor/src/ops/fused.ts has the same list.
#define HEBB_FUSED_LIST(FUSED_1, FUSED_I, FUSED_2) \
  FUSED_1(Neg)                                     \
  FUSED_1(Abs)                                     \
  FUSED_1(Sign)                                    \
  FUSED_1(Exp)                                     \
  FUSED_1(Log)                                     \
  FUSED_1(Log1p)                                   \
  FUSED_1(Expm1)                                   \
  FUSED_1(Sqrt)                                    \
  FUSED_1(Rsqrt)                                   \
  FUSED_1(Square)                                  \
  FUSED_1(Reciprocal)                              \
  FUSED_1(Tanh)                                    \
  FUSED_1(Erf)                                     \
  FUSED_1(Sigmoid)                                 \
  FUSED_1(Relu)                                    \
  FUSED_1(Gelu)                                    \
  FUSED_1(GeluTanh)                                \
  FUSED_1(Silu)                                    \
  FUSED_1(Softplus)                                \
  FUSED_1(Floor)                                   \
  FUSED_1(Ceil)                                    \
  FUSED_1(Round)                                   \
  FUSED_1(FusedIsNaN)                              \
  FUSED_1(FusedIsFinite)                           \
  FUSED_1(FusedNot)                                \
  FUSED_1(FusedCopy)                               \
  FUSED_1(FusedTruth)                              \
  FUSED_1(FusedBFloat16)                           \
  FUSED_1(FusedFloat16)                            \
  FUSED_I(LeakyRelu)                               \
  FUSED_I(Elu)                                     \
  FUSED_I(FusedAtLeast)                            \
  FUSED_I(FusedAtMost)                             \
  FUSED_2(Add)                                     \
  FUSED_2(Sub)                                     \
  FUSED_2(Mul)                                     \
  FUSED_2(Div)                                     \
  FUSED_2(Maximum)                                 \
  FUSED_2(Minimum)                                 \
  FUSED_2(FusedEqual)                              \
  FUSED_2(FusedNotEqual)                           \
  FUSED_2(FusedLess)                               \
  FUSED_2(FusedLessEqual)                          \
  FUSED_2(FusedGreater)                            \
  FUSED_2(FusedGreaterEqual)                       \
  FUSED_2(FusedAnd)                                \
  FUSED_2(FusedOr)                                 \
  FUSED_2(FusedXor)                                \
  FUSED_2(ReluGrad)                                \
  FUSED_2(TanhGrad)                                \
  FUSED_2(SigmoidGrad)                             \
  FUSED_2(GeluGrad)                                \
  FUSED_2(GeluTanhGrad)

// How many operands an instruction has, by number; the last is where.
inline constexpr int kFusedOperands[] = {
#define HEBB_FUSED_1(Op) 1,
#define HEBB_FUSED_2(Op) 2,
    HEBB_FUSED_LIST(HEBB_FUSED_1, HEBB_FUSED_1, HEBB_FUSED_2)
#undef HEBB_FUSED_1
#undef HEBB_FUSED_2
        3};
constexpr int64_t kFusedOps = sizeof kFusedOperands / sizeof kFusedOperands[0];

}  // namespace hebb
