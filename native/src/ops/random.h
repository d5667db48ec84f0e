// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3), and the
// distributions made from its words. The same words on every device and for any number of threads.
//
// Key: the 64-bit seed, low word first. Counter: 128 bits, the low 64 the state's counter plus the block's index, the rest 0.
// A block is four 32-bit words. float32: element i uses word i mod 4 of block i / 4. float64: two words for each element, so
// element i uses words 2 (i mod 2) and 2 (i mod 2) + 1 of block i / 2.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "math/hostDevice.h"
#include "math/log.h"
#include "math/trig.h"

namespace hebb {

struct PhiloxBlock {
  uint32_t word[4];
};

HEBB_HD PhiloxBlock philox(uint64_t seed, uint64_t low, uint64_t high = 0) {
  uint32_t c0 = static_cast<uint32_t>(low), c1 = static_cast<uint32_t>(low >> 32);
  uint32_t c2 = static_cast<uint32_t>(high), c3 = static_cast<uint32_t>(high >> 32);
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0;
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// [0, 1) in steps of 2^-24, or of 2^-53 from two words, the first being the higher.
HEBB_HD float unit_float(uint32_t word) { return static_cast<float>(static_cast<int32_t>(word >> 8)) * 5.9604644775390625e-8f; }
HEBB_HD double unit_double(uint32_t high, uint32_t low) {
  const uint64_t both = (uint64_t{high} << 32) | low;
  return static_cast<double>(static_cast<int64_t>(both >> 11)) * 1.1102230246251565e-16;
}

// (0, 1), for logarithms and inverse distributions: the middle of each step.
HEBB_HD double open_unit(uint32_t word) { return (static_cast<double>(word) + 0.5) * 2.3283064365386963e-10; }
HEBB_HD double open_unit(uint32_t high, uint32_t low) { return unit_double(high, low) + 5.5511151231257827e-17; }

// Ratio of two polynomials of degree 7, whose second starts with 1.
HEBB_HD double rational(double x, const double (&p)[8], const double (&q)[7]) {
  double top = p[7], bottom = q[6];
  for (int i = 6; i >= 0; --i) top = top * x + p[i];
  for (int i = 5; i >= 0; --i) bottom = bottom * x + q[i];
  return top / (bottom * x + 1.0);
}

// The standard normal quantile for p of 1e-10 to 1 - 1e-10 (Wichura 1988, algorithm AS 241, PPND16 without its far tail).
HEBB_HD double normal_quantile(double p) {
  constexpr double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                           4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
  constexpr double b[7] = {4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
                           3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
  constexpr double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                           3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                           2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr double d[7] = {2.05319162663775882187e0,  1.67638483018380384940e0,  6.89767334985100004550e-1,
                           1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                           1.05075007164441684324e-9};
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return q * rational(0.180625 - q * q, a, b);
  const double r = std::sqrt(-std::log(q < 0 ? p : 1.0 - p)) - 1.6;
  const double tail = rational(r, c, d);
  return q < 0 ? -tail : tail;
}

constexpr double kTwoPi = 6.283185307179586;
// Phi(-2): the share of a normal distribution that each cut of the truncated one removes.
constexpr double kCut = 0.022750131948179207;

// Distributions: the elements of one block from its four words, two of float64 or four of float32, which 16-bit floats round.
template <typename T>
constexpr int kPerBlock = sizeof(T) == 8 ? 2 : 4;

template <typename T>
struct Uniform {
  T base, span, top;
  // Rounding may reach the upper bound, which does not belong to the range.
  Uniform(double low, double high)
      : base(static_cast<T>(low)),
        span(static_cast<T>(high - low)),
        top(low < high ? std::nextafter(static_cast<T>(high), -std::numeric_limits<T>::infinity()) : static_cast<T>(high)) {}
  HEBB_HD T place(T unit) const {
    const T x = base + span * unit;
    return x < top ? x : top;
  }
  HEBB_HD void operator()(const uint32_t (&w)[4], T* to) const {
    if constexpr (sizeof(T) == 4) {
      for (int i = 0; i < 4; ++i) to[i] = place(unit_float(w[i]));
    } else {
      for (int i = 0; i < 2; ++i) to[i] = place(unit_double(w[2 * i], w[2 * i + 1]));
    }
  }
};

// Box and Muller 1958: two uniform numbers give two independent normal ones.
template <typename T>
struct Normal {
  T center, scale;
  Normal(double mean, double std) : center(static_cast<T>(mean)), scale(static_cast<T>(std)) {}
  HEBB_HD void operator()(const uint32_t (&w)[4], T* to) const {
    if constexpr (sizeof(T) == 4) {
      for (int i = 0; i < 4; i += 2) {
        const float radius = std::sqrt(-2.0f * math::log(static_cast<float>(open_unit(w[i]))));
        const float angle = static_cast<float>(kTwoPi) * unit_float(w[i + 1]);
        to[i] = center + scale * (radius * math::sin_reduced(angle, 1));
        to[i + 1] = center + scale * (radius * math::sin_reduced(angle, 0));
      }
    } else {
      const double radius = std::sqrt(-2.0 * std::log(open_unit(w[0], w[1])));
      const double angle = kTwoPi * unit_double(w[2], w[3]);
      to[0] = center + scale * (radius * std::cos(angle));
      to[1] = center + scale * (radius * std::sin(angle));
    }
  }
};

// A normal distribution cut at two standard deviations.
template <typename T>
struct TruncatedNormal {
  double mean, std;
  TruncatedNormal(double m, double s) : mean(m), std(s) {}
  HEBB_HD T place(double unit) const { return static_cast<T>(mean + std * normal_quantile(kCut + unit * (1.0 - 2.0 * kCut))); }
  HEBB_HD void operator()(const uint32_t (&w)[4], T* to) const {
    if constexpr (sizeof(T) == 4) {
      for (int i = 0; i < 4; ++i) to[i] = place(open_unit(w[i]));
    } else {
      for (int i = 0; i < 2; ++i) to[i] = place(open_unit(w[2 * i], w[2 * i + 1]));
    }
  }
};

// Fisher and Yates: out becomes the numbers 0 to n-1 in random order.
inline void permutation(uint64_t seed, uint64_t counter, int32_t* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<int32_t>(i);
  PhiloxBlock block = {};
  for (int64_t i = 0; i < n; ++i) {
    if (i % 4 == 0) block = philox(seed, counter + static_cast<uint64_t>(i / 4));
    const int64_t j = i + static_cast<int64_t>((block.word[i % 4] * static_cast<uint64_t>(n - i)) >> 32);
    const int32_t swapped = out[i];
    out[i] = out[j];
    out[j] = swapped;
  }
}

}  // namespace hebb
