// bfloat16 and float16, and as their bits. Rounding is to nearest even; NaN stays NaN. A GPU has instructions for it (sm_80 and
// later), which give any NaN the same bits.
#pragma once

#include <cstdint>

#include "math/hostDevice.h"

namespace hebb::math {

HEBB_HD float bfloat16_to_float(uint16_t b) { return from_bits(static_cast<uint32_t>(b) << 16); }

HEBB_HD uint16_t float_to_bfloat16(float x) {
#if defined(__CUDA_ARCH__)
  uint16_t b16;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(b16) : "f"(x));
  return b16;
#else
  const uint32_t b = bits(x);
  const uint32_t rounded = b + 0x7fffu + ((b >> 16) & 1u);
  const uint32_t quiet = b | 0x400000u;
  return static_cast<uint16_t>((x != x ? quiet : rounded) >> 16);
#endif
}

HEBB_HD float float16_to_float(uint16_t h) {
#if defined(__CUDA_ARCH__)
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h));
  return x;
#else
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(h & 0x7fffu) << 13;
  // Normal numbers need the exponent's bias raised by 112, infinity and NaN by twice that.
  const uint32_t normal = magnitude + (magnitude >= 0x0f800000u ? 0x70000000u : 0x38000000u);
  // A denormal number is its bits times 2^-24.
  const uint32_t denormal = bits(static_cast<float>(static_cast<int32_t>(h & 0x03ffu)) * 5.9604644775390625e-8f);
  return from_bits(sign | (magnitude < 0x00800000u ? denormal : normal));
#endif
}

HEBB_HD uint16_t float_to_float16(float x) {
#if defined(__CUDA_ARCH__)
  uint16_t h16;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h16) : "f"(x));
  return h16;
#else
  const uint32_t sign = (bits(x) >> 16) & 0x8000u;
  const uint32_t b = bits(x) & 0x7fffffffu;
  // Lower the bias by 112 and round the low 13 bits away; a carry runs into the exponent, as it should.
  const uint32_t normal = (b - 0x38000000u + 0x0fffu + ((b >> 13) & 1u)) >> 13;
  // Below 2^-14: adding 1/2 makes the hardware round to multiples of 2^-24.
  const uint32_t denormal = bits(from_bits(b) + 0.5f) - 0x3f000000u;
  uint32_t h = b < 0x38800000u ? denormal : normal;
  h = b >= 0x47800000u ? 0x7c00u : h;                           // 65536 and above, infinity
  h = b > 0x7f800000u ? (0x7e00u | ((b >> 13) & 0x03ffu)) : h;  // NaN
  return static_cast<uint16_t>(sign | h);
#endif
}

// A double as a float whose last bit says whether anything was lost, so that rounding once more does not round twice.
HEBB_HD float to_odd_float(double x) {
  const float nearest = static_cast<float>(x);
  const double back = nearest;
  const uint32_t b = bits(nearest);
  const uint32_t toward_zero = (back < 0 ? -back : back) > (x < 0 ? -x : x) ? b - 1 : b;
  const bool finite = (b & 0x7fffffffu) < 0x7f800000u;
  return from_bits(finite && back != x ? toward_zero | 1u : b);
}

}  // namespace hebb::math

namespace hebb {

// The 16-bit floats are for memory: they become float when read and are rounded when written.
struct BFloat16 {
  uint16_t bits;
  BFloat16() = default;
  HEBB_HD BFloat16(float x) : bits(math::float_to_bfloat16(x)) {}
  HEBB_HD operator float() const { return math::bfloat16_to_float(bits); }
};
struct Float16 {
  uint16_t bits;
  Float16() = default;
  HEBB_HD Float16(float x) : bits(math::float_to_float16(x)) {}
  HEBB_HD operator float() const { return math::float16_to_float(bits); }
};

}  // namespace hebb
