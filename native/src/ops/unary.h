// Elementwise functions of one input, written once for CPU loops and CUDA kernels.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "math/erf.h"
#include "math/exp.h"
#include "math/hostDevice.h"
#include "math/log.h"
#include "math/trig.h"
#include "math/wrap.h"

namespace hebb {

struct Unchanged {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return x;
  }
};

struct Neg {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return math::neg(x);
  }
};

struct Abs {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::abs(x);
    else
      return x < 0 ? math::neg(x) : x;
  }
};

// -1, 0 or 1; zeros keep their sign and NaN stays.
struct Sign {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T below = x < 0 ? static_cast<T>(-1) : x;
    return x > 0 ? static_cast<T>(1) : below;
  }
};

struct Square {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return math::mul(x, x);
  }
};

// A functor for each function of math/ that bears its name.
#define HEBB_MATH_FUNCTOR(Name, function) \
  struct Name {                           \
    template <typename T>                 \
    HEBB_HD T operator()(T x) const {     \
      return math::function(x);           \
    }                                     \
  };
HEBB_MATH_FUNCTOR(Exp, exp)
HEBB_MATH_FUNCTOR(Expm1, expm1)
HEBB_MATH_FUNCTOR(Log, log)
HEBB_MATH_FUNCTOR(Log1p, log1p)
HEBB_MATH_FUNCTOR(Sin, sin)
HEBB_MATH_FUNCTOR(Cos, cos)
HEBB_MATH_FUNCTOR(Tanh, tanh)
HEBB_MATH_FUNCTOR(Erf, erf)
HEBB_MATH_FUNCTOR(Sigmoid, sigmoid)
#undef HEBB_MATH_FUNCTOR

struct Sqrt {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return std::sqrt(x);
  }
};

struct Rsqrt {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return T{1} / std::sqrt(x);
  }
};

struct Reciprocal {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return T{1} / x;
  }
};

// x * Phi(x). Far below zero the product is zero, also at minus infinity.
struct Gelu {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T a = x < T(-50) ? T(-50) : x;
    return T(0.5) * a * (T{1} + math::erf(a * T(0.70710678118654752)));
  }
};

// The same through tanh (Hendrycks and Gimpel 2016, section 2).
struct GeluTanh {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T a = x < T(-50) ? T(-50) : x;
    const T inner = T(0.79788456080286536) * (a + T(0.044715) * a * a * a);
    return T(0.5) * a * (T{1} + math::tanh(inner));
  }
};

struct Silu {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T a = x < T(-1000) ? T(-1000) : x;
    return a * math::sigmoid(a);
  }
};

// log(1 + e^x), from the side where e^x does not overflow.
struct Softplus {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return (x > 0 ? x : T{0}) + math::log1p(math::exp(-std::abs(x)));
  }
};

struct Relu {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return x < 0 ? T{0} : x;
  }
};

struct LeakyRelu {
  double alpha;
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return x < 0 ? static_cast<T>(alpha) * x : x;
  }
};

struct Elu {
  double alpha;
  template <typename T>
  HEBB_HD T operator()(T x) const {
    const T below = static_cast<T>(alpha) * math::expm1(x);
    return x < 0 ? below : x;
  }
};

struct Floor {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return std::floor(x);
  }
};

struct Ceil {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return std::ceil(x);
  }
};

// Half to even, the rounding mode that every thread runs in.
struct Round {
  template <typename T>
  HEBB_HD T operator()(T x) const {
    return std::nearbyint(x);
  }
};

// NaN fails both comparisons and stays.
template <typename T>
struct Clip {
  T low, high;
  HEBB_HD T operator()(T x) const {
    const T raised = x < low ? low : x;
    return raised > high ? high : raised;
  }
};

struct IsNaN {
  template <typename T>
  HEBB_HD uint8_t operator()(T x) const {
    return x != x;
  }
};

struct IsFinite {
  template <typename T>
  HEBB_HD uint8_t operator()(T x) const {
    return x - x == 0;
  }
};

struct LogicalNot {
  HEBB_HD uint8_t operator()(uint8_t x) const { return x == 0; }
};

}  // namespace hebb
