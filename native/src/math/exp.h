// exp, expm1, sigmoid and tanh. The float32 forms have no branches, so that loops over them vectorise; they agree with the
// exact values to about two units in the last place, keep NaN, and are right at infinities and signed zeros.
#pragma once

#include <cmath>

#include "math/hostDevice.h"

namespace hebb::math {

constexpr float kLog2E = 1.44269504f;
// ln 2 in two parts; the first has few enough bits that n * kLn2Hi is exact.
constexpr float kLn2Hi = 0.693115234375f;
constexpr float kLn2Lo = 3.19461833e-05f;

// x = n ln 2 + r with |r| <= ln(2)/2.
struct ExpParts {
  float r;
  int32_t n;
};

HEBB_HD ExpParts exp_parts(float x) {
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
  const float shifted = x * kLog2E + 12582912.0f;
  const float n = shifted - 12582912.0f;
  return {(x - n * kLn2Hi) - n * kLn2Lo, static_cast<int32_t>(bits(shifted) - 0x4b400000u)};
}

// 2^n for n of -126 to 127; zero for -127.
HEBB_HD float power_of_two(int32_t n) { return from_bits(static_cast<uint32_t>(n + 127) << 23); }

// e^r - 1 for |r| <= ln(2)/2.
HEBB_HD float expm1_polynomial(float r) {
  float p = 0.000199132701f;
  p = p * r + 0.00139421097f;
  p = p * r + 0.00833327509f;
  p = p * r + 0.0416663401f;
  p = p * r + 0.166666672f;
  p = p * r + 0.5f;
  return p * (r * r) + r;
}

HEBB_HD float exp(float x) {
  // Past these bounds the result is infinity or zero; NaN fails both comparisons and stays.
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const ExpParts e = exp_parts(x);
  // Two factors, since 2^n alone may overflow or be denormal.
  const int32_t half = e.n >> 1;
  return (expm1_polynomial(e.r) + 1.0f) * power_of_two(half) * power_of_two(e.n - half);
}

// For x of -1e6 to 0, in fewer steps; a result that would be denormal is zero.
HEBB_HD float exp_not_positive(float x) {
  const ExpParts e = exp_parts(x);
  const int32_t n = e.n < -127 ? -127 : e.n;
  return (expm1_polynomial(e.r) + 1.0f) * power_of_two(n);
}

// For x of -20 to 89; +0 at both zeros.
HEBB_HD float expm1_within(float x) {
  const ExpParts e = exp_parts(x);
  // 2^n (p + 1) - 1 = 2 (s p + (s - 1/2)) with s = 2^(n-1), which does not overflow at n = 128.
  const float s = power_of_two(e.n - 1);
  return 2.0f * (s * expm1_polynomial(e.r) + (s - 0.5f));
}

HEBB_HD float expm1(float x) {
  const float sign = x;
  x = x > 89.0f ? 89.0f : x;
  x = x < -20.0f ? -20.0f : x;
  return copysign(expm1_within(x), sign);
}

HEBB_HD float sigmoid(float x) {
  // Past these bounds the result is zero or one. 2^128 is infinity, where the result would be denormal, which counts as zero.
  float a = x < -89.0f ? -89.0f : x;
  a = a > 87.0f ? 87.0f : a;
  const ExpParts e = exp_parts(-a);
  return 1.0f / (1.0f + (expm1_polynomial(e.r) + 1.0f) * power_of_two(e.n));
}

HEBB_HD float tanh(float x) {
  float a = copysign(x, 1.0f);
  a = a > 10.0f ? 10.0f : a;
  const float e = expm1_within(2.0f * a);
  return copysign(e / (e + 2.0f), x);
}

HEBB_HD double exp(double x) { return ::exp(x); }
HEBB_HD double exp_not_positive(double x) { return ::exp(x); }
HEBB_HD double expm1(double x) { return ::expm1(x); }
HEBB_HD double sigmoid(double x) { return 1.0 / (1.0 + ::exp(-x)); }
HEBB_HD double tanh(double x) { return ::tanh(x); }

}  // namespace hebb::math
