// Converting a number between any two dtypes, as the op `cast` promises.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "cpu/dtype.h"
#include "math/halves.h"
#include "math/hostDevice.h"

namespace hebb::math {

// Truncates; what does not fit becomes the nearest number that does, NaN becomes 0.
template <typename To, typename From>
HEBB_HD To saturate(From x) {
  using Limits = std::numeric_limits<To>;
  // Both bounds are exact in From: the lower is a power of two or zero, the upper the power of two past the largest number.
  constexpr From low = static_cast<From>(Limits::min());
  constexpr From past = static_cast<From>(Limits::max() / 2 + 1) * 2;
  const bool inside = (x > low) & (x < past);
  const To truncated = static_cast<To>(inside ? x : From{0});
  const To bounded = x >= past ? Limits::max() : truncated;
  return x <= low ? Limits::min() : bounded;
}

// The numbers that arithmetic works on: the halves as float, bool as 0 or 1.
template <typename From>
HEBB_HD auto widen(From x) {
  if constexpr (std::is_same_v<From, Bool>)
    return static_cast<uint8_t>(x.value != 0);
  else
    return widened(x);
}

template <typename From>
HEBB_HD float narrow_to_float(From x) {
  if constexpr (std::is_same_v<From, float>)
    return x;
  else
    return to_odd_float(static_cast<double>(x));
}

template <typename To, typename From>
HEBB_HD To convert(From from) {
  const auto x = widen(from);
  using X = std::remove_const_t<decltype(x)>;
  if constexpr (kIsHalf<To>)
    return To(narrow_to_float(x));
  else if constexpr (std::is_same_v<To, Bool>)
    return {static_cast<uint8_t>(x != 0)};
  else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<X>)
    return saturate<To>(x);
  else
    return static_cast<To>(x);
}

}  // namespace hebb::math
