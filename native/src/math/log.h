// log and log1p; see exp.h for what is promised.
#pragma once

#include <cmath>

#include "math/exp.h"
#include "math/hostDevice.h"

namespace hebb::math {

// log(1 + f) + n ln 2 for f of sqrt(1/2) - 1 to sqrt(2) - 1.
HEBB_HD float log_polynomial(float f, float n) {
  float p = -0.0785921067f;
  p = p * f + 0.128814936f;
  p = p * f + -0.131288335f;
  p = p * f + 0.141812176f;
  p = p * f + -0.16624549f;
  p = p * f + 0.200022846f;
  p = p * f + -0.250008106f;
  p = p * f + 0.333333164f;
  const float square = f * f;
  const float tail = p * (square * f) + (n * kLn2Lo - 0.5f * square);
  return n * kLn2Hi + (f + tail);
}

// log of a positive finite number given by its bits, plus `scale` times ln 2.
HEBB_HD float log_bits(uint32_t b, float scale) {
  // Subtracting the bits of sqrt(1/2) makes the exponent field change where the mantissa should: m in [sqrt(1/2), sqrt(2)).
  const uint32_t shifted = b - 0x3f3504f3u;
  const int32_t n = static_cast<int32_t>(shifted) >> 23;
  const float m = from_bits((shifted & 0x007fffffu) + 0x3f3504f3u);
  return log_polynomial(m - 1.0f, static_cast<float>(n) + scale);
}

HEBB_HD float log_special(float x, float y) {
  const uint32_t b = bits(x);
  y = b >= 0x80000000u ? from_bits(0x7fc00000u) : y;          // negative
  y = (b & 0x7fffffffu) == 0 ? from_bits(0xff800000u) : y;    // zero
  y = b == 0x7f800000u ? x : y;                               // infinity
  return (b & 0x7fffffffu) > 0x7f800000u ? from_bits(b) : y;  // NaN
}

HEBB_HD float log(float x) {
  const uint32_t b = bits(x);
  // A denormal number is its bits times 2^-149; kernels run with denormals flushed, hence no arithmetic on x itself.
  const bool denormal = b < 0x00800000u;
  const uint32_t scaled = bits(static_cast<float>(static_cast<int32_t>(b & 0x007fffffu)));
  return log_special(x, log_bits(denormal ? scaled : b, denormal ? -149.0f : 0.0f));
}

HEBB_HD float log1p(float x) {
  const float u = 1.0f + x;
  // What rounding u lost, to first order.
  const float lost = (x - (u - 1.0f)) / u;
  const float y = log_bits(bits(u), 0.0f) + lost;
  return copysign(log_special(u, y), x);
}

HEBB_HD double log(double x) { return ::log(x); }
HEBB_HD double log1p(double x) { return ::log1p(x); }

}  // namespace hebb::math
