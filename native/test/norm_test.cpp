// Batch and layer normalisation and their gradients against the formulas in double.
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

constexpr double kEpsilon = 1e-5;

struct Moments {
  double mean = 0, variance = 0;
};

// The moments of n elements from `at`, `step` apart.
Moments moments(const Array& x, int64_t at, int64_t step, int64_t n) {
  Moments m;
  for (int64_t i = 0; i < n; ++i) m.mean += x.value(at + i * step) / double(n);
  for (int64_t i = 0; i < n; ++i) m.variance += std::pow(x.value(at + i * step) - m.mean, 2) / double(n);
  return m;
}

// dx of normalised elements from h = g gamma: rstd (h - mean(h) - xhat mean(h xhat)).
void normal_gradient(const std::vector<double>& h, const std::vector<double>& xhat, double rstd, int64_t at, int64_t step,
                     std::vector<double>& dx) {
  const int64_t n = static_cast<int64_t>(h.size());
  double center = 0, slope = 0;
  for (int64_t i = 0; i < n; ++i) center += h[i] / double(n), slope += h[i] * xhat[i] / double(n);
  for (int64_t i = 0; i < n; ++i) dx[at + i * step] = rstd * (h[i] - center - xhat[i] * slope);
}

template <typename T>
void check_batch(int64_t m, int64_t c, double offset = 0) {
  SCOPED_TRACE(testing::Message() << m << " x " << c);
  const Array x = Array::random<T>({m, c}, offset - 1, offset + 1, 1), g = Array::random<T>({m, c}, -1, 1, 2);
  const Array gamma = Array::random<T>({c}, 0.5, 2, 3), beta = Array::random<T>({c}, -1, 1, 4);
  Array y({m, c}, x.dtype()), mean({c}, x.dtype()), variance({c}, x.dtype());
  Array dx({m, c}, x.dtype()), dgamma({c}, x.dtype()), dbeta({c}, x.dtype());
  ASSERT_EQ(call("batchNorm", {&y, &mean, &variance}, {x, gamma, beta}, {kEpsilon}).status, HEBB_OK);
  ASSERT_EQ(call("batchNormGrad", {&dx, &dgamma, &dbeta}, {g, x, gamma, mean, variance}, {kEpsilon}).status, HEBB_OK);
  std::vector<double> ey(m * c), emean, evariance, edx(m * c), edgamma(c), edbeta(c);
  for (int64_t j = 0; j < c; ++j) {
    const Moments s = moments(x, j, c, m);
    const double rstd = 1 / std::sqrt(s.variance + kEpsilon);
    std::vector<double> h, xhat;
    for (int64_t i = 0; i < m; ++i) {
      xhat.push_back((x.value(i * c + j) - s.mean) * rstd);
      h.push_back(g.value(i * c + j) * gamma.value(j));
      ey[i * c + j] = xhat.back() * gamma.value(j) + beta.value(j);
      edgamma[j] += g.value(i * c + j) * xhat.back();
      edbeta[j] += g.value(i * c + j);
    }
    normal_gradient(h, xhat, rstd, j, c, edx);
    emean.push_back(s.mean), evariance.push_back(s.variance);
  }
  const double tolerance = (sizeof(T) == 4 ? 5e-6 : 1e-11) * (1 + std::abs(offset) / 10),
               sums = tolerance * (1 + std::sqrt(double(m)));
  EXPECT_TRUE(near(mean, emean, tolerance, tolerance));
  EXPECT_TRUE(near(variance, evariance, tolerance, tolerance));
  EXPECT_TRUE(near(y, ey, tolerance, tolerance));
  EXPECT_TRUE(near(dgamma, edgamma, sums, sums));
  EXPECT_TRUE(near(dbeta, edbeta, sums, sums));
  EXPECT_TRUE(near(dx, edx, 4 * tolerance, 4 * tolerance));
}

TEST(BatchNorm, AgreesWithTheFormula) {
  check_batch<float>(50, 3);
  check_batch<float>(1000, 6);
  check_batch<float>(777, 64);
  check_batch<float>(300, 130);
  check_batch<float>(9, 2048);
  check_batch<float>(20000, 16);
  check_batch<double>(1000, 6);
  check_batch<double>(300, 70);
}

// A mean a thousand times the deviation: squares minus the squared mean would leave nothing.
TEST(BatchNorm, KeepsTheVarianceOfShiftedData) { check_batch<float>(4096, 8, 1000); }

template <typename T>
void check_layer(int64_t m, int64_t d) {
  SCOPED_TRACE(testing::Message() << m << " x " << d);
  const Array x = Array::random<T>({m, d}, 2, 4, 1), g = Array::random<T>({m, d}, -1, 1, 2);
  const Array gamma = Array::random<T>({d}, 0.5, 2, 3), beta = Array::random<T>({d}, -1, 1, 4);
  Array y({m, d}, x.dtype()), mean({m}, x.dtype()), rstd({m}, x.dtype());
  Array dx({m, d}, x.dtype()), dgamma({d}, x.dtype()), dbeta({d}, x.dtype());
  ASSERT_EQ(call("layerNorm", {&y, &mean, &rstd}, {x, gamma, beta}, {kEpsilon}).status, HEBB_OK);
  ASSERT_EQ(call("layerNormGrad", {&dx, &dgamma, &dbeta}, {g, x, gamma, mean, rstd}).status, HEBB_OK);
  std::vector<double> ey(m * d), emean, erstd, edx(m * d), edgamma(d), edbeta(d);
  for (int64_t i = 0; i < m; ++i) {
    const Moments s = moments(x, i * d, 1, d);
    const double r = 1 / std::sqrt(s.variance + kEpsilon);
    std::vector<double> h, xhat;
    for (int64_t j = 0; j < d; ++j) {
      xhat.push_back((x.value(i * d + j) - s.mean) * r);
      h.push_back(g.value(i * d + j) * gamma.value(j));
      ey[i * d + j] = xhat.back() * gamma.value(j) + beta.value(j);
      edgamma[j] += g.value(i * d + j) * xhat.back();
      edbeta[j] += g.value(i * d + j);
    }
    normal_gradient(h, xhat, r, i * d, 1, edx);
    emean.push_back(s.mean), erstd.push_back(r);
  }
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-11, sums = tolerance * (1 + std::sqrt(double(m)));
  EXPECT_TRUE(near(mean, emean, tolerance, tolerance));
  EXPECT_TRUE(near(rstd, erstd, tolerance, tolerance));
  EXPECT_TRUE(near(y, ey, tolerance, tolerance));
  EXPECT_TRUE(near(dgamma, edgamma, sums, sums));
  EXPECT_TRUE(near(dbeta, edbeta, sums, sums));
  EXPECT_TRUE(near(dx, edx, 4 * tolerance, 4 * tolerance));
}

TEST(LayerNorm, AgreesWithTheFormula) {
  check_layer<float>(5, 7);
  check_layer<float>(64, 128);
  check_layer<float>(1000, 33);
  check_layer<float>(3, 5000);
  check_layer<double>(40, 70);
}

TEST(Norm, SameBitsForAnyNumberOfThreads) {
  const int64_t m = 3000, c = 48;
  const Array x = Array::random<float>({m, c}), v = Array::random<float>({c}, 0.5, 2), r = Array::random<float>({m}, 0.5, 2);
  const Array like({m, c}, HEBB_FLOAT32), channels({c}, HEBB_FLOAT32), rows({m}, HEBB_FLOAT32);
  expect_thread_independent("batchNorm", {x, v, v}, {like, channels, channels}, {kEpsilon});
  expect_thread_independent("batchNormGrad", {x, x, v, v, v}, {like, channels, channels}, {kEpsilon});
  expect_thread_independent("layerNorm", {x, v, v}, {like, rows, rows}, {kEpsilon});
  expect_thread_independent("layerNormGrad", {x, x, v, r, r}, {like, channels, channels});
}

TEST(Norm, EmptyOperands) {
  const Array none({0, 3}, HEBB_FLOAT32), three = Array::of<float>({1, 1, 1}), no_rows({0}, HEBB_FLOAT32);
  Array y = none, a({3}, HEBB_FLOAT32), b({3}, HEBB_FLOAT32), row_a = no_rows, row_b = no_rows;
  EXPECT_EQ(call("batchNorm", {&y, &a, &b}, {none, three, three}, {kEpsilon}).status, HEBB_OK);
  EXPECT_ARRAY(a, {0, 0, 0});
  EXPECT_EQ(call("batchNormGrad", {&y, &a, &b}, {none, none, three, three, three}, {kEpsilon}).status, HEBB_OK);
  EXPECT_ARRAY(b, {0, 0, 0});
  EXPECT_EQ(call("layerNorm", {&y, &row_a, &row_b}, {none, three, three}, {kEpsilon}).status, HEBB_OK);
  EXPECT_EQ(call("layerNormGrad", {&y, &a, &b}, {none, none, three, no_rows, no_rows}).status, HEBB_OK);
  EXPECT_ARRAY(a, {0, 0, 0});
  Array wide({4, 0}, HEBB_FLOAT32), empty({0}, HEBB_FLOAT32), empty2 = empty, four({4}, HEBB_FLOAT32), four2 = four;
  EXPECT_EQ(call("batchNorm", {&wide, &empty, &empty2}, {wide, empty, empty}, {kEpsilon}).status, HEBB_OK);
  EXPECT_EQ(call("layerNorm", {&wide, &four, &four2}, {wide, empty, empty}, {kEpsilon}).status, HEBB_OK);
}

TEST(Norm, RefusesWhatDoesNotFit) {
  const Array x({4, 3}, HEBB_FLOAT32), v({3}, HEBB_FLOAT32), wrong({4}, HEBB_FLOAT32), doubles({3}, HEBB_FLOAT64);
  Array y = x, mean = v, variance = v, rows = wrong;
  const auto status = [&](const char* op, std::vector<Array*> outputs, const std::vector<Array>& inputs,
                          const Attributes& attributes) { return call(op, std::move(outputs), inputs, attributes).status; };
  EXPECT_EQ(status("batchNorm", {&y, &mean, &variance}, {x, wrong, v}, {kEpsilon}), HEBB_BAD_SHAPE);
  EXPECT_EQ(status("batchNorm", {&y, &rows, &variance}, {x, v, v}, {kEpsilon}), HEBB_BAD_SHAPE);
  EXPECT_EQ(status("batchNorm", {&y, &mean, &variance}, {x, doubles, v}, {kEpsilon}), HEBB_BAD_DTYPE);
  EXPECT_EQ(status("batchNorm", {&y, &mean, &variance}, {x, v, v}, {-1}), HEBB_BAD_RANGE);
  EXPECT_EQ(status("batchNorm", {&y, &mean, &variance}, {x, v, v}, {NAN}), HEBB_BAD_RANGE);
  EXPECT_EQ(status("layerNorm", {&y, &mean, &variance}, {x, v, v}, {kEpsilon}), HEBB_BAD_SHAPE);
  EXPECT_EQ(status("layerNormGrad", {&y, &mean, &variance}, {x, x, v, v, v}, {}), HEBB_BAD_SHAPE);
  EXPECT_NE(status("batchNorm", {&y, &mean}, {x, v, v}, {kEpsilon}), HEBB_OK);
}

}  // namespace
}  // namespace hebb_test
