// Arithmetic in which integers wrap instead of being undefined; floating point is itself.
#pragma once

#include <cstdint>
#include <type_traits>

#include "math/hostDevice.h"

namespace hebb::math {

// The unsigned type in which T's arithmetic is defined: at least 32 bits wide, so that nothing is promoted to int.
template <typename T, bool = std::is_integral_v<T>>
struct WrapType {
  using type = T;
};
template <typename T>
struct WrapType<T, true> {
  using type = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
};
template <typename T>
using Wrap = typename WrapType<T>::type;

template <typename T>
HEBB_HD T add(T a, T b) {
  return static_cast<T>(static_cast<Wrap<T>>(a) + static_cast<Wrap<T>>(b));
}

template <typename T>
HEBB_HD T sub(T a, T b) {
  return static_cast<T>(static_cast<Wrap<T>>(a) - static_cast<Wrap<T>>(b));
}

template <typename T>
HEBB_HD T mul(T a, T b) {
  return static_cast<T>(static_cast<Wrap<T>>(a) * static_cast<Wrap<T>>(b));
}

template <typename T>
HEBB_HD T neg(T a) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(Wrap<T>{0} - static_cast<Wrap<T>>(a));
  else
    return -a;
}

template <typename T>
HEBB_HD bool is_nan(T a) {
  if constexpr (std::is_integral_v<T>)
    return false;
  else
    return a != a;
}

// The larger and the smaller of two, where NaN wins.
template <typename T>
HEBB_HD T larger(T a, T b) {
  return (a > b) | is_nan(a) ? a : b;
}

template <typename T>
HEBB_HD T smaller(T a, T b) {
  return (a < b) | is_nan(a) ? a : b;
}

}  // namespace hebb::math
