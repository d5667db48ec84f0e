// sin and cos. The float32 forms reduce and evaluate in float64, which costs less than it saves in cases.
#pragma once

#include <cmath>

#include "math/hostDevice.h"

namespace hebb::math {

// Up to here n * kHalfPiHi below is exact; beyond, the library's reduction takes over.
constexpr float kTrigLimit = 1048576.0f;

// sin(x + quarter * pi/2) for |x| <= kTrigLimit.
HEBB_HD float sin_reduced(float x, int32_t quarter) {
  constexpr double kHalfPiHi = 1.5707963267341256;
  constexpr double kHalfPiLo = 6.077100506506192e-11;
  constexpr double kTwoOverPi = 0.63661977236758138;
  const double wide = x;
  // Adding 1.5 * 2^52 rounds to the nearest integer.
  const double n = (wide * kTwoOverPi + 6755399441055744.0) - 6755399441055744.0;
  const double r = (wide - n * kHalfPiHi) - n * kHalfPiLo;
  const double z = r * r;
  const double s =
      r *
      (1.0 + z * (-0.166666666414235 + z * (0.0083333293620234516 + z * (-0.00019839327071104933 + z * 2.7182367587893011e-06))));
  const double c =
      1.0 + z * (-0.5 + z * (0.041666666622469893 +
                             z * (-0.0013888883722113837 + z * (2.4799511648920434e-05 + z * -2.7209539446549323e-07))));
  const int32_t quadrant = static_cast<int32_t>(n) + quarter;
  const float y = static_cast<float>((quadrant & 1) != 0 ? c : s);
  return from_bits(bits(y) ^ (static_cast<uint32_t>(quadrant & 2) << 30));
}

HEBB_HD bool trig_in_reach(float x) { return (bits(x) & 0x7fffffffu) <= bits(kTrigLimit); }

HEBB_HD float sin(float x) { return trig_in_reach(x) ? sin_reduced(x, 0) : ::sinf(x); }
HEBB_HD float cos(float x) { return trig_in_reach(x) ? sin_reduced(x, 1) : ::cosf(x); }
HEBB_HD double sin(double x) { return ::sin(x); }
HEBB_HD double cos(double x) { return ::cos(x); }

}  // namespace hebb::math
