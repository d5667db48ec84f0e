// Arithmetic of two inputs, written once for CPU loops and CUDA kernels.
#pragma once

#include <cmath>
#include <type_traits>

#include "math/hostDevice.h"
#include "math/wrap.h"

namespace hebb {

struct Add {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    return math::add(a, b);
  }
};

struct Sub {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    return math::sub(a, b);
  }
};

struct Mul {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    return math::mul(a, b);
  }
};

struct Div {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    return a / b;
  }
};

struct Maximum {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    return math::larger(a, b);
  }
};

struct Minimum {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    return math::smaller(a, b);
  }
};

// a to the power of b. Integers wrap; a negative exponent gives the integer part of the exact power: 0 unless a is 1 or -1.
struct Pow {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::pow(a, b);
    } else {
      if (b < 0) return a == 1 ? T{1} : a == static_cast<T>(-1) ? (b & 1 ? a : T{1}) : T{0};
      T power = 1;
      for (; b > 0; b >>= 1, a = math::mul(a, a))
        if (b & 1) power = math::mul(power, a);
      return power;
    }
  }
};

// a - b * floor(a / b), which has the sign of b. An integer zero in b is an error, which the CPU finds before and a GPU
// reports after; it must only not trap here.
struct Mod {
  template <typename T>
  HEBB_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      const T rest = std::fmod(a, b);
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    } else {
      if (b == 0) return 0;
      if (b == static_cast<T>(-1) && std::is_signed_v<T>) return 0;  // the smallest integer has no negative
      const T rest = a % b;
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
  }
};

}  // namespace hebb
