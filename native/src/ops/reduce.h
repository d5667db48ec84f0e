// What the reductions combine. `lane` is the type in which a short run is combined, `total` the one that runs are combined in:
// wider for floating-point sums, so that their error does not grow with the length.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "cpu/dtype.h"
#include "math/convert.h"
#include "math/hostDevice.h"
#include "math/wrap.h"

namespace hebb {

template <typename T>
using TotalOf = std::conditional_t<std::is_same_v<Wide<T>, float>, double, math::Wrap<Wide<T>>>;
template <typename T>
using LaneOf =
    std::conditional_t<std::is_integral_v<T>, std::make_unsigned_t<std::conditional_t<std::is_integral_v<T>, T, int>>, Wide<T>>;

template <typename T>
struct SumOf {
  using element = T;
  using lane = LaneOf<T>;
  using total = TotalOf<T>;
  static constexpr total identity = 0;
  template <typename A, typename X>
  static HEBB_HD A combine(A a, X x) {
    return static_cast<A>(a + static_cast<A>(x));
  }
};

template <typename T>
struct ProdOf {
  using element = T;
  using lane = LaneOf<T>;
  using total = TotalOf<T>;
  static constexpr total identity = 1;
  template <typename A, typename X>
  static HEBB_HD A combine(A a, X x) {
    if constexpr (std::is_integral_v<A>)
      return static_cast<A>(math::mul(a, static_cast<A>(x)));
    else
      return a * static_cast<A>(x);
  }
};

template <typename T>
struct MaxOf {
  using element = T;
  using lane = Wide<T>;
  using total = lane;
  using Limits = std::numeric_limits<lane>;
  static constexpr lane identity = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  static HEBB_HD lane combine(lane a, lane x) { return math::larger(x, a); }
};

template <typename T>
struct MinOf {
  using element = T;
  using lane = Wide<T>;
  using total = lane;
  using Limits = std::numeric_limits<lane>;
  static constexpr lane identity = Limits::has_infinity ? Limits::infinity() : Limits::max();
  static HEBB_HD lane combine(lane a, lane x) { return math::smaller(x, a); }
};

// Bool as bytes: any nonzero byte is true.
struct AnyOf {
  using element = uint8_t;
  using lane = uint8_t;
  using total = uint8_t;
  static constexpr uint8_t identity = 0;
  static HEBB_HD uint8_t combine(uint8_t a, uint8_t x) { return a | (x != 0); }
};

struct AllOf {
  using element = uint8_t;
  using lane = uint8_t;
  using total = uint8_t;
  static constexpr uint8_t identity = 1;
  static HEBB_HD uint8_t combine(uint8_t a, uint8_t x) { return a & (x != 0); }
};

// What becomes of a total.
template <typename T>
struct As {
  template <typename Total>
  HEBB_HD T operator()(Total total) const {
    return math::convert<T>(total);
  }
};

template <typename T>
struct Share {
  double count;
  HEBB_HD T operator()(double total) const { return math::convert<T>(total / count); }
};

}  // namespace hebb
