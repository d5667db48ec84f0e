// Reductions and positions of extremes, against plain loops in float64.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

const float kNaN = std::numeric_limits<float>::quiet_NaN();

const Dims kShapes[] = {{1, 1, 1},     {3, 5, 1},   {2, 1000, 1}, {1, 100003, 1}, {3, 40000, 1}, {5, 7, 3},
                        {1, 10001, 3}, {2, 3, 300}, {4, 9, 257},  {1, 2000, 700}, {1, 70000, 2}, {300, 64, 1},
                        {0, 4, 5},     {4, 3, 0},   {200, 3, 8},  {1, 129, 16},   {2, 5000, 33}};

// Calls fold(accumulated, element) down the middle of [O, R, I], from `first`.
template <typename Fold>
std::vector<double> reference(const Array& x, double first, const Fold& fold) {
  const int64_t outer = x.dims()[0], length = x.dims()[1], inner = x.dims()[2];
  std::vector<double> y;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      double total = first;
      for (int64_t r = 0; r < length; ++r) total = fold(total, x.value((o * length + r) * inner + i));
      y.push_back(total);
    }
  return y;
}

Dims out_dims(const Dims& d) { return {d[0], d[2]}; }

double plus(double a, double b) { return a + b; }

}  // namespace

TEST(Reduce, Sums) {
  for (const Dims& shape : kShapes) {
    const Array f = Array::random<float>(shape, 0, 1), d = Array::random<double>(shape, 0, 1);
    const Array i = Array::random<int32_t>(shape, -50, 50), l = Array::random<int64_t>(shape, -50, 50);
    EXPECT_TRUE(near(run("sum", {f}, out_dims(shape)), reference(f, 0, plus), 1.5e-7, 0));
    EXPECT_TRUE(near(run("sum", {d}, out_dims(shape)), reference(d, 0, plus), 1e-12, 0));
    EXPECT_TRUE(near(run("sum", {i}, out_dims(shape)), reference(i, 0, plus), 0, 0));
    EXPECT_TRUE(near(run("sum", {l}, out_dims(shape)), reference(l, 0, plus), 0, 0));
    std::vector<double> means = reference(f, 0, plus);
    for (double& m : means) m /= static_cast<double>(shape[1]);
    EXPECT_TRUE(near(run("mean", {f}, out_dims(shape)), means, 1.5e-7, 0));
  }
}

TEST(Reduce, ExtremesAndPositions) {
  for (const Dims& shape : kShapes) {
    const Array f = Array::random<float>(shape), b = Array::random<uint8_t>(shape, 0, 9),
                l = Array::random<int64_t>(shape, -4, 4);
    for (const Array* x : {&f, &b, &l}) {
      const auto top = reference(*x, -1e300, [](double a, double v) { return std::max(a, v); });
      const auto bottom = reference(*x, 1e300, [](double a, double v) { return std::min(a, v); });
      EXPECT_TRUE(near(run("max", {*x}, out_dims(shape)), top, 0, 0));
      EXPECT_TRUE(near(run("min", {*x}, out_dims(shape)), bottom, 0, 0));
      for (const char* op : {"argMax", "argMin"}) {
        const Array at = run(op, {*x}, out_dims(shape), {}, HEBB_INT32);
        for (int64_t o = 0, k = 0; o < shape[0]; ++o)
          for (int64_t i = 0; i < shape[2]; ++i, ++k) {
            const double wanted = std::string(op) == "argMax" ? top[k] : bottom[k];
            int64_t first = 0;
            while (x->value((o * shape[1] + first) * shape[2] + i) != wanted) ++first;
            ASSERT_EQ(at.at<int32_t>(k), first) << op;
          }
      }
    }
  }
}

TEST(Reduce, NaNWins) {
  for (const Dims& shape : {Dims{1, 500, 1}, Dims{1, 500, 2}}) {
    Array x = Array::random<float>(shape);
    const int64_t inner = shape[2];
    x.at<float>(70 * inner) = x.at<float>(300 * inner) = kNaN;
    for (const char* op : {"max", "min", "sum"}) EXPECT_TRUE(std::isnan(run(op, {x}, {1, inner}).at<float>(0))) << op;
    for (const char* op : {"argMax", "argMin"}) EXPECT_EQ(run(op, {x}, {1, inner}, {}, HEBB_INT32).at<int32_t>(0), 70) << op;
  }
  const float low = -std::numeric_limits<float>::infinity();
  EXPECT_ARRAY(run("max", {Array::of<float>({low, low}, {1, 2, 1})}, {1, 1}), {low});
}

TEST(Reduce, LongSumsStayAccurate) {
  const int64_t n = 10000000;
  Array x({1, n, 1}, HEBB_FLOAT32);
  for (int64_t i = 0; i < n; ++i) x.at<float>(i) = 0.1f;
  const double exact = 0.1f * static_cast<double>(n);
  EXPECT_TRUE(near(run("sum", {x}, {1, 1}), {exact}, 1.5e-7, 0));
  EXPECT_TRUE(near(run("sum", {x.reshaped({1, n / 2, 2})}, {1, 2}), {exact / 2, exact / 2}, 1e-7, 0));
}

TEST(Reduce, ProductsAndWrapping) {
  const Array f = Array::random<float>({2, 30, 3}, 0.5, 1.6);
  EXPECT_TRUE(near(run("prod", {f}, {2, 3}), reference(f, 1, [](double a, double b) { return a * b; }), 2e-6, 0));
  EXPECT_ARRAY(run("prod", {Array::of<uint8_t>({16, 17}, {1, 2, 1})}, {1, 1}), {16});
  EXPECT_ARRAY(run("sum", {Array::of<uint8_t>({200, 100}, {1, 2, 1})}, {1, 1}), {44});
  EXPECT_ARRAY(run("sum", {Array::of<int32_t>({2147483647, 1}, {1, 2, 1})}, {1, 1}), {-2147483648.0});
}

TEST(Reduce, Bools) {
  Array x({1, 1000, 1}, HEBB_BOOL);
  for (int i = 0; i < 1000; ++i) x.at<uint8_t>(i) = 1;
  EXPECT_ARRAY(run("all", {x}, {1, 1}), {1});
  x.at<uint8_t>(777) = 0;
  EXPECT_ARRAY(run("all", {x}, {1, 1}), {0});
  EXPECT_ARRAY(run("any", {x}, {1, 1}), {1});
  EXPECT_ARRAY(run("any", {Array::of<bool>({false, true, false, false}, {1, 2, 2})}, {1, 2}), {0, 1});
  EXPECT_ARRAY(run("all", {Array({1, 0, 1}, HEBB_BOOL)}, {1, 1}), {1});
  EXPECT_ARRAY(run("any", {Array({1, 0, 1}, HEBB_BOOL)}, {1, 1}), {0});
}

TEST(Reduce, Nothing) {
  const Array x({2, 0, 3}, HEBB_FLOAT32), y({2, 3}, HEBB_FLOAT32);
  EXPECT_ARRAY(run("sum", {x}, {2, 3}), {0, 0, 0, 0, 0, 0});
  EXPECT_ARRAY(run("prod", {x.reshaped({2, 0, 1})}, {2, 1}), {1, 1});
  for (const char* op : {"max", "min", "mean"}) expect_refused(HEBB_BAD_RANGE, op, {x}, y);
  expect_refused(HEBB_BAD_RANGE, "argMax", {x}, Array({2, 3}, HEBB_INT32));
  EXPECT_EQ(run("max", {Array({0, 0, 3}, HEBB_FLOAT32)}, {0, 3}).size(), 0);
}

TEST(Reduce, Threads) {
  for (const Dims& shape : {Dims{1, 1000003, 1}, Dims{3, 100000, 1}, Dims{1, 30001, 7}, Dims{1, 500, 900}, Dims{700, 60, 5}}) {
    const Array f = Array::random<float>(shape), d = Array::random<double>(shape);
    expect_thread_independent("sum", {f}, {Array(out_dims(shape), HEBB_FLOAT32)});
    expect_thread_independent("mean", {d}, {Array(out_dims(shape), HEBB_FLOAT64)});
    expect_thread_independent("max", {f}, {Array(out_dims(shape), HEBB_FLOAT32)});
    expect_thread_independent("argMin", {f}, {Array(out_dims(shape), HEBB_INT32)});
  }
}

TEST(Reduce, Refusals) {
  const Array x({2, 3, 4}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_SHAPE, "sum", {x}, Array({2, 3}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "sum", {x}, Array({8}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "sum", {Array({2, 3}, HEBB_FLOAT32)}, Array({2, 3}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_DTYPE, "sum", {x}, Array({2, 4}, HEBB_FLOAT64));
  expect_refused(HEBB_BAD_DTYPE, "sum", {Array({2, 3, 4}, HEBB_BOOL)}, Array({2, 4}, HEBB_BOOL));
  expect_refused(HEBB_BAD_DTYPE, "mean", {Array({2, 3, 4}, HEBB_INT32)}, Array({2, 4}, HEBB_INT32));
  expect_refused(HEBB_BAD_DTYPE, "all", {x}, Array({2, 4}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_DTYPE, "argMax", {x}, Array({2, 4}, HEBB_INT64));
  expect_refused(HEBB_BAD_SHAPE, "argMax", {x}, Array({4, 2}, HEBB_INT32));
}
