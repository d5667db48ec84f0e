// softmax, logSoftmax, the cross entropy and their gradients against the formulas in double.
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

const double kInf = INFINITY;

// One column [offset + r * I] of a view [O, R, I] after the other.
template <typename Visit>
void for_columns(const Dims& d, const Visit& visit) {
  for (int64_t o = 0; o < d[0]; ++o)
    for (int64_t i = 0; i < d[2]; ++i) visit(o * d[1] * d[2] + i);
}

std::vector<double> softmax_of(const Array& x, bool logarithm) {
  const Dims& d = x.dims();
  std::vector<double> y(x.size());
  for_columns(d, [&](int64_t at) {
    double max = -kInf, sum = 0;
    for (int64_t r = 0; r < d[1]; ++r) max = std::max(max, x.value(at + r * d[2]));
    for (int64_t r = 0; r < d[1]; ++r) sum += std::exp(x.value(at + r * d[2]) - max);
    for (int64_t r = 0; r < d[1]; ++r) {
      const double shifted = x.value(at + r * d[2]) - max;
      y[at + r * d[2]] = logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
  });
  return y;
}

template <typename T>
void check(const Dims& d, unsigned seed) {
  SCOPED_TRACE(testing::Message() << d[0] << ", " << d[1] << ", " << d[2]);
  const double tolerance = sizeof(T) == 4 ? 3e-6 : 1e-13;
  const Array x = Array::random<T>(d, -20, 20, seed), g = Array::random<T>(d, -1, 1, seed + 1);
  const Array y = run("softmax", {x}, d), l = run("logSoftmax", {x}, d);
  EXPECT_TRUE(near(y, softmax_of(x, false), tolerance, tolerance));
  EXPECT_TRUE(near(l, softmax_of(x, true), tolerance, tolerance));
  std::vector<double> dy(x.size()), dl(x.size());
  for_columns(d, [&](int64_t at) {
    double weighted = 0, plain = 0;
    for (int64_t r = 0; r < d[1]; ++r) {
      weighted += g.value(at + r * d[2]) * y.value(at + r * d[2]);
      plain += g.value(at + r * d[2]);
    }
    for (int64_t r = 0; r < d[1]; ++r) {
      const int64_t i = at + r * d[2];
      dy[i] = y.value(i) * (g.value(i) - weighted);
      dl[i] = g.value(i) - std::exp(l.value(i)) * plain;
    }
  });
  EXPECT_TRUE(near(run("softmaxGrad", {g, y}, d), dy, tolerance, tolerance));
  EXPECT_TRUE(near(run("logSoftmaxGrad", {g, l}, d), dl, 4 * tolerance, 4 * tolerance));
}

TEST(Softmax, AgreesWithTheFormula) {
  for (const Dims& d :
       {Dims{3, 10, 1}, Dims{5, 1, 1}, Dims{2, 16, 1}, Dims{4, 1000, 1}, Dims{2, 33, 7}, Dims{1, 10, 200}, Dims{300, 40, 1}}) {
    check<float>(d, 1);
    check<double>(d, 2);
  }
}

TEST(Softmax, LargeScoresInfinitiesAndNaN) {
  const float big = 3e38f;
  for (const Dims& d : {Dims{1, 3, 1}, Dims{1, 3, 2}}) {
    const int64_t columns = d[2];
    const auto fill = [&](float a, float b, float c) {
      std::vector<float> v;
      for (const float value : {a, b, c}) v.insert(v.end(), columns, value);
      return run("softmax", {Array::of<float>(v, d)}, d);
    };
    EXPECT_EQ(fill(big, -big, 0).value(0), 1);
    EXPECT_EQ(fill(-INFINITY, 0, -INFINITY).value(columns), 1);
    EXPECT_EQ(fill(-INFINITY, 0, -INFINITY).value(0), 0);
    for (int64_t i = 0; i < 3 * columns; ++i) {
      EXPECT_TRUE(std::isnan(fill(0, NAN, 1).value(i)));
      EXPECT_TRUE(std::isnan(fill(NAN, 0, 1).value(i)));
      EXPECT_TRUE(std::isnan(fill(-INFINITY, -INFINITY, -INFINITY).value(i)));
    }
  }
}

template <typename K>
void check_cross_entropy(int64_t n, int64_t classes) {
  const Array x = Array::random<float>({n, classes}, -30, 30, 3), g = Array::random<float>({n}, -1, 1, 4);
  const Array k = Array::random<K>({n}, 0, double(classes), 5);
  const std::vector<double> p = softmax_of(x.reshaped({n, classes, 1}), false), l = softmax_of(x.reshaped({n, classes, 1}), true);
  std::vector<double> loss, dx;
  for (int64_t i = 0; i < n; ++i) {
    loss.push_back(-l[i * classes + int64_t(k.value(i))]);
    for (int64_t c = 0; c < classes; ++c) dx.push_back(g.value(i) * (p[i * classes + c] - (c == int64_t(k.value(i)))));
  }
  EXPECT_TRUE(near(run("softmaxCrossEntropy", {x, k}, {n}), loss, 2e-6, 4e-6));
  EXPECT_TRUE(near(run("softmaxCrossEntropyGrad", {g, x, k}, {n, classes}), dx, 2e-6, 2e-6));
}

TEST(SoftmaxCrossEntropy, AgreesWithTheFormula) {
  check_cross_entropy<int32_t>(64, 10);
  check_cross_entropy<int64_t>(7, 1000);
  check_cross_entropy<uint8_t>(300, 3);
}

// What lies behind the classes changes nothing, whatever it is.
TEST(SoftmaxCrossEntropy, ScoresBehindTheClassesDoNotCount) {
  const int64_t n = 9, classes = 13, columns = 16;
  const Array x = Array::random<float>({n, classes}, -3, 3, 3), g = Array::random<float>({n}, -1, 1, 4);
  const Array k = Array::random<int32_t>({n}, 0, double(classes), 5);
  Array wide({n, columns}, HEBB_FLOAT32), loss({n}, HEBB_FLOAT32), dx = wide;
  for (int64_t i = 0; i < n * columns; ++i)
    wide.at<float>(i) = i % columns < classes ? x.at<float>(i / columns * classes + i % columns) : NAN;
  const Array expected = run("softmaxCrossEntropy", {x, k}, {n}), gradient = run("softmaxCrossEntropyGrad", {g, x, k}, x.dims());
  ASSERT_EQ(call("softmaxCrossEntropy", {&loss}, {wide, k}, {double(classes)}).status, HEBB_OK);
  ASSERT_EQ(call("softmaxCrossEntropyGrad", {&dx}, {g, wide, k}, {double(classes)}).status, HEBB_OK);
  for (int64_t i = 0; i < n; ++i) EXPECT_EQ(loss.at<float>(i), expected.at<float>(i));
  for (int64_t i = 0; i < n * columns; ++i)
    EXPECT_EQ(dx.at<float>(i), i % columns < classes ? gradient.at<float>(i / columns * classes + i % columns) : 0) << i;
  const Result outside = call("softmaxCrossEntropy", {&loss}, {wide, Array::of<int32_t>({0, 0, 14, 0, 0, 0, 0, 0, 0})}, {13});
  EXPECT_EQ(outside.status, HEBB_BAD_RANGE);
  EXPECT_NE(outside.message.find("label 14 in row 2 is outside [0, 13)"), std::string::npos) << outside.message;
  for (const double wrong : {0.0, 17.0, 1.5, double(NAN)}) {
    EXPECT_NE(call("softmaxCrossEntropy", {&loss}, {wide, k}, {wrong}).status, HEBB_OK) << wrong;
    EXPECT_NE(call("softmaxCrossEntropyGrad", {&dx}, {g, wide, k}, {wrong}).status, HEBB_OK) << wrong;
  }
}

TEST(SoftmaxCrossEntropy, InfinitiesAndNaN) {
  const Array k = Array::of<int32_t>({0, 1, 0});
  const Array x = Array::of<float>({-INFINITY, 0, -INFINITY, 0, NAN, 0}, {3, 2});
  const Array loss = run("softmaxCrossEntropy", {x, k}, {3});
  EXPECT_EQ(loss.value(0), kInf);
  EXPECT_EQ(loss.value(1), 0);
  EXPECT_TRUE(std::isnan(loss.value(2)));
}

TEST(SoftmaxCrossEntropy, NamesTheLabelThatIsOutside) {
  const Array x = Array::random<float>({3, 4});
  Array loss({3}, HEBB_FLOAT32);
  const Result result = call("softmaxCrossEntropy", {&loss}, {x, Array::of<int32_t>({0, 4, 1})});
  EXPECT_EQ(result.status, HEBB_BAD_RANGE);
  EXPECT_NE(result.message.find("label 4 in row 1"), std::string::npos) << result.message;
  expect_refused(HEBB_BAD_RANGE, "softmaxCrossEntropy", {x, Array::of<int64_t>({0, -1, 1})}, loss);
  expect_refused(HEBB_BAD_RANGE, "softmaxCrossEntropyGrad", {loss, x, Array::of<uint8_t>({0, 255, 1})},
                 Array({3, 4}, HEBB_FLOAT32));
}

TEST(Softmax, EmptyOperands) {
  for (const Dims& d : {Dims{0, 3, 1}, Dims{2, 0, 1}, Dims{2, 3, 0}})
    for (const char* op : {"softmax", "logSoftmax"}) EXPECT_EQ(run(op, {Array(d, HEBB_FLOAT32)}, d).size(), 0);
  EXPECT_EQ(run("softmaxCrossEntropy", {Array({0, 3}, HEBB_FLOAT32), Array({0}, HEBB_INT32)}, {0}).size(), 0);
}

TEST(Softmax, SameBitsForAnyNumberOfThreads) {
  for (const Dims& d : {Dims{500, 100, 1}, Dims{3, 50, 700}}) {
    const Array x = Array::random<float>(d);
    for (const char* op : {"softmax", "logSoftmax"}) expect_thread_independent(op, {x}, {Array(d, HEBB_FLOAT32)});
    for (const char* op : {"softmaxGrad", "logSoftmaxGrad"}) expect_thread_independent(op, {x, x}, {Array(d, HEBB_FLOAT32)});
  }
}

TEST(Softmax, RefusesWhatDoesNotFit) {
  const Array x({2, 3, 1}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_SHAPE, "softmax", {x}, Array({2, 4, 1}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "softmax", {Array({6}, HEBB_FLOAT32)}, Array({6}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_DTYPE, "softmax", {Array({2, 3, 1}, HEBB_INT32)}, Array({2, 3, 1}, HEBB_INT32));
  expect_refused(HEBB_BAD_SHAPE, "softmaxGrad", {x, Array({2, 3, 2}, HEBB_FLOAT32)}, x);
  const Array scores({2, 3}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_SHAPE, "softmaxCrossEntropy", {scores, Array::of<int32_t>({0})}, Array({2}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_DTYPE, "softmaxCrossEntropy", {scores, Array::of<float>({0, 0})}, Array({2}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "softmaxCrossEntropyGrad", {Array({2}, HEBB_FLOAT32), scores, Array::of<int32_t>({0, 1})},
                 Array({2, 4}, HEBB_FLOAT32));
}

}  // namespace
}  // namespace hebb_test
