// Winograd's minimal filtering F(4x4, 3x3) (A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, section
// 4): products of 6 x 6 transformed tiles take the place of 16 x 9 products each. The transforms interpolate at 0, ±3/4, ±3/2 and
// infinity: with these the results err half as much as with 0, ±1, ±2 (B. Barabasz et al., "Error Analysis and Improving the
// Accuracy of Winograd Convolution for Deep Neural Networks", 2020, on the choice of points), and every constant is exact.
#pragma once

#include "cpu/simd.h"

namespace hebb::winograd {

constexpr int kTile = 4;                  // outputs of a tile along a side
constexpr int kInput = 6;                 // inputs of a tile along a side
constexpr int kPoints = kInput * kInput;  // products that a tile becomes
constexpr float kA = 0.75f, kB = 1.5f;    // the points but 0 and infinity, and their negatives
constexpr float kA2 = kA * kA, kB2 = kB * kB;

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

// A filter -> points.
struct FromFilter {
  static constexpr int kIn = 3, kOut = kInput;
  static void apply(const Lanes (&w)[kIn], Lanes (&u)[kOut]) {
    const Lanes even_a = kScaleA * w[0] + kScaleA * kA2 * w[2], odd_a = kScaleA * kA * w[1];
    const Lanes even_b = kScaleB * w[0] + kScaleB * kB2 * w[2], odd_b = kScaleB * kB * w[1];
    u[0] = kScale0 * w[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = w[2];
  }
};

// Points -> outputs of a tile.
struct ToOutput {
  static constexpr int kIn = kInput, kOut = kTile;
  static void apply(const Lanes (&m)[kIn], Lanes (&y)[kOut]) {
    const Lanes sum_a = m[1] + m[2], difference_a = m[1] - m[2], sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = kA * difference_a + kB * difference_b;
    y[2] = kA2 * sum_a + kB2 * sum_b;
    y[3] = kA2 * kA * difference_a + kB2 * kB * difference_b + m[5];
  }
};

// The transpose of ToOutput: gradients of the outputs of a tile -> points.
struct FromOutputGrad {
  static constexpr int kIn = kTile, kOut = kInput;
  static void apply(const Lanes (&g)[kIn], Lanes (&m)[kOut]) {
    const Lanes even_a = g[0] + kA2 * g[2], odd_a = kA * g[1] + kA2 * kA * g[3];
    const Lanes even_b = g[0] + kB2 * g[2], odd_b = kB * g[1] + kB2 * kB * g[3];
    m[0] = g[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = g[3];
  }
};

// The transpose of FromFilter: points -> the gradient of a filter.
struct ToFilterGrad {
  static constexpr int kIn = kInput, kOut = 3;
  static void apply(const Lanes (&u)[kIn], Lanes (&w)[kOut]) {
    const Lanes sum_a = kScaleA * (u[1] + u[2]), sum_b = kScaleB * (u[3] + u[4]);
    w[0] = kScale0 * u[0] + sum_a + sum_b;
    w[1] = kScaleA * kA * (u[1] - u[2]) + kScaleB * kB * (u[3] - u[4]);
    w[2] = kA2 * sum_a + kB2 * sum_b + u[5];
  }
};

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
