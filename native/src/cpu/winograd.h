// Winograd's minimal filtering (A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, section 4):
// products of 6 x 6 transformed tiles take the place of 16 x 9 products each, F(4x4, 3x3), or of 4 x 25, F(2x2, 5x5). The
// transforms interpolate at 0, ±3/4, ±3/2 and infinity: with these the results err half as much as with 0, ±1, ±2 (B. Barabasz et
// al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020, on the choice of
// points), and every constant is exact.
#pragma once

#include <type_traits>

#include "cpu/simd.h"

namespace hebb::winograd {

constexpr int kInput = 6;                 // inputs of a tile along a side
constexpr int kPoints = kInput * kInput;  // products that a tile becomes
constexpr float kA = 0.75f, kB = 1.5f;    // the points but 0 and infinity, and their negatives
constexpr float kA2 = kA * kA, kB2 = kB * kB;

// Outputs of a tile along a side.
constexpr int tile_of(int taps) { return kInput + 1 - taps; }

using Lanes = Vector<float>;

// One dimension of each transform. Inputs of a tile -> points.
struct FromInput {
  static constexpr int kIn = kInput, kOut = kInput;
  static void apply(const Lanes (&d)[kIn], Lanes (&v)[kOut]) {
    const Lanes even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
    const Lanes even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
    v[0] = kA2 * kB2 * d[0] - (kA2 + kB2) * d[2] + d[4];
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = kA2 * kB2 * d[1] - (kA2 + kB2) * d[3] + d[5];
  }
};

constexpr float kScale0 = 1 / (kA2 * kB2), kScaleA = 1 / (2 * kA2 * (kA2 - kB2)), kScaleB = 1 / (2 * kB2 * (kB2 - kA2));

// Numbers as the coefficients of a polynomial, lowest first -> its values at the four points between 0 and infinity, times
// `scale_a` and `scale_b`.
template <int Count>
[[gnu::always_inline]] inline void evaluate(const Lanes (&w)[Count], float scale_a, float scale_b, Lanes* at) {
  Lanes even_a = scale_a * w[0], even_b = scale_b * w[0], odd_a = scale_a * kA * w[1], odd_b = scale_b * kB * w[1];
  float a = scale_a, b = scale_b;
#pragma GCC unroll 6
  for (int i = 2; i < Count; i += 2) {
    a *= kA2, b *= kB2;
    even_a += a * w[i], even_b += b * w[i];
    if (i + 1 < Count) odd_a += a * kA * w[i + 1], odd_b += b * kB * w[i + 1];
  }
  at[0] = even_a + odd_a;
  at[1] = even_a - odd_a;
  at[2] = even_b + odd_b;
  at[3] = even_b - odd_b;
}

// The transpose of that, added to w.
template <int Count>
[[gnu::always_inline]] inline void gather(const Lanes* at, float scale_a, float scale_b, Lanes (&w)[Count]) {
  const Lanes sum_a = at[0] + at[1], difference_a = at[0] - at[1], sum_b = at[2] + at[3], difference_b = at[2] - at[3];
  float a = scale_a, b = scale_b;
#pragma GCC unroll 6
  for (int i = 0; i < Count; i += 2) {
    w[i] += a * sum_a + b * sum_b;
    if (i + 1 < Count) w[i + 1] += a * kA * difference_a + b * kB * difference_b;
    a *= kA2, b *= kB2;
  }
}

// A filter -> points.
template <int Taps>
struct FromFilter {
  static constexpr int kIn = Taps, kOut = kInput;
  static void apply(const Lanes (&w)[kIn], Lanes (&u)[kOut]) {
    u[0] = kScale0 * w[0];
    evaluate(w, kScaleA, kScaleB, u + 1);
    u[5] = w[Taps - 1];
  }
};

// Points -> outputs of a tile.
template <int Taps>
struct ToOutput {
  static constexpr int kIn = kInput, kOut = tile_of(Taps);
  static void apply(const Lanes (&m)[kIn], Lanes (&y)[kOut]) {
    for (Lanes& v : y) v = Lanes{};
    y[0] = m[0];
    y[kOut - 1] += m[5];
    gather(m + 1, 1, 1, y);
  }
};

// The transpose of ToOutput: gradients of the outputs of a tile -> points.
template <int Taps>
struct FromOutputGrad {
  static constexpr int kIn = tile_of(Taps), kOut = kInput;
  static void apply(const Lanes (&g)[kIn], Lanes (&m)[kOut]) {
    m[0] = g[0];
    evaluate(g, 1, 1, m + 1);
    m[5] = g[kIn - 1];
  }
};

// The transpose of FromFilter: points -> the gradient of a filter.
template <int Taps>
struct ToFilterGrad {
  static constexpr int kIn = kInput, kOut = Taps;
  static void apply(const Lanes (&u)[kIn], Lanes (&w)[kOut]) {
    for (Lanes& v : w) v = Lanes{};
    w[0] = kScale0 * u[0];
    w[Taps - 1] += u[5];
    gather(u + 1, kScaleA, kScaleB, w);
  }
};

// body(std::integral_constant) of the number of taps, which is 3 or 5.
template <typename Body>
void with_taps(int taps, const Body& body) {
  if (taps == 3)
    body(std::integral_constant<int, 3>());
  else
    body(std::integral_constant<int, 5>());
}

// Both dimensions: from(i, j) -> to(i, j, value).
template <typename Transform, typename From, typename To>
[[gnu::always_inline]] inline void transform(const From& from, const To& to) {
  constexpr int in = Transform::kIn, out = Transform::kOut;
  Lanes half[out][in];
#pragma GCC unroll 6
  for (int j = 0; j < in; ++j) {
    Lanes column[in], points[out];
#pragma GCC unroll 6
    for (int i = 0; i < in; ++i) column[i] = from(i, j);
    Transform::apply(column, points);
#pragma GCC unroll 6
    for (int i = 0; i < out; ++i) half[i][j] = points[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < out; ++i) {
    Lanes points[out];
    Transform::apply(half[i], points);
#pragma GCC unroll 6
    for (int j = 0; j < out; ++j) to(i, j, points[j]);
  }
}

}  // namespace hebb::winograd
