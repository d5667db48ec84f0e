// Elementwise functions of one input: accuracy over sweeps, special values, dtypes, refusals, threads.
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

// The distance of a float from an exact value, in units in the last place of the exact value.
double ulps(float actual, double exact) {
  if (std::isnan(exact)) return std::isnan(actual) ? 0 : kInf;
  if (std::abs(exact) > std::numeric_limits<float>::max()) return std::isinf(actual) && (actual > 0) == (exact > 0) ? 0 : 1;
  // Denormal results are flushed to zero, hence the floor.
  const int exponent = std::max(std::ilogb(exact == 0 ? 1e-300 : exact), -126);
  return std::abs(actual - exact) / std::ldexp(1.0, exponent - 23);
}

struct Sweep {
  const char* op;
  double low, high;
  double limit;  // ulps
  double (*exact)(double);
  Attributes attributes = {};
  double absolute = 0;  // an error below this is none
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gelu(double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }
double gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }
double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }
double silu(double x) { return x * sigmoid(x); }
double rsqrt(double x) { return 1 / std::sqrt(x); }

// Magnitudes in even steps of the logarithm, then in even steps of the value, of both signs where the range has both.
std::vector<float> points(double low, double high) {
  std::vector<float> xs;
  const double top = std::max(std::abs(low), std::abs(high));
  for (int i = 0; i < 200000; ++i) {
    const float magnitude = static_cast<float>(std::exp(std::log(1e-30) + (std::log(top) - std::log(1e-30)) * i / 199999.0));
    if (magnitude <= high) xs.push_back(magnitude);
    if (-magnitude >= low) xs.push_back(-magnitude);
    xs.push_back(static_cast<float>(low + (high - low) * i / 199999.0));
  }
  return xs;
}

void check_sweep(const Sweep& sweep) {
  const std::vector<float> xs = points(sweep.low, sweep.high);
  const Array y = run(sweep.op, {Array::of<float>(xs)}, {static_cast<int64_t>(xs.size())}, sweep.attributes);
  double worst = 0;
  float where = 0;
  for (size_t i = 0; i < xs.size(); ++i) {
    const double exact = sweep.exact(xs[i]);
    if (std::abs(y.at<float>(i) - exact) <= sweep.absolute) continue;
    const double error = ulps(y.at<float>(i), exact);
    if (!(error <= worst)) {
      worst = error;
      where = xs[i];
    }
  }
  std::printf("  %-9s [%g, %g]: %.2f ulp at %.9g\n", sweep.op, sweep.low, sweep.high, worst, where);
  EXPECT_LE(worst, sweep.limit) << sweep.op << " at " << where;
}

}  // namespace

TEST(Unary, Float32Accuracy) {
  const Sweep sweeps[] = {
      {"exp", -87.3, 88.7, 1.5, std::exp},
      {"expm1", -110, 88.7, 2.0, std::expm1},
      {"log", 0, 3e38, 1.5, std::log},
      {"log", 0.5, 2, 1.5, std::log},
      {"log1p", -0.99999, 1e30, 2.5, std::log1p},
      {"log1p", -0.5, 1, 2.5, std::log1p},
      {"sin", -1e6, 1e6, 1.0, std::sin},
      {"sin", -10, 10, 1.0, std::sin},
      {"cos", -1e6, 1e6, 1.0, std::cos},
      {"sin", -3e38, 3e38, 1.5, std::sin},
      {"tanh", -12, 12, 2.5, std::tanh},
      {"erf", -5, 5, 2.5, std::erf},
      {"sigmoid", -80, 90, 3.0, sigmoid},
      {"silu", -80, 90, 3.5, silu},
      {"softplus", -80, 90, 3.0, softplus},
      {"gelu", -1, 12, 4.0, gelu, {0}},
      {"gelu", -12, -1, 4.0, gelu, {0}, 2.5e-7},
      {"gelu", -1, 12, 4.0, gelu_tanh, {1}},
      {"gelu", -12, -1, 4.0, gelu_tanh, {1}, 2.5e-7},
      {"sqrt", 0, 3e38, 0.51, std::sqrt},
      {"rsqrt", 1e-30, 3e38, 1.5, rsqrt},
  };
  for (const Sweep& sweep : sweeps) check_sweep(sweep);
}

TEST(Unary, SpecialValues) {
  const Array x = Array::of<float>({0.0f, -0.0f, kInf, -kInf, kNaN});
  const auto expect = [&](const char* op, std::vector<double> expected, Attributes attributes = {}) {
    const Array y = run(op, {x}, {5}, attributes);
    EXPECT_TRUE(near(y, expected, 1e-7, 0)) << op;
    for (int i = 0; i < 2; ++i)
      EXPECT_TRUE(expected[i] != 0 || std::signbit(y.at<float>(i)) == std::signbit(expected[i])) << op << " of zero " << i;
  };
  expect("exp", {1, 1, kInf, 0, kNaN});
  expect("expm1", {0, -0.0, kInf, -1, kNaN});
  expect("log", {-kInf, -kInf, kInf, kNaN, kNaN});
  expect("log1p", {0, -0.0, kInf, kNaN, kNaN});
  expect("sin", {0, -0.0, kNaN, kNaN, kNaN});
  expect("cos", {1, 1, kNaN, kNaN, kNaN});
  expect("tanh", {0, -0.0, 1, -1, kNaN});
  expect("erf", {0, -0.0, 1, -1, kNaN});
  expect("sigmoid", {0.5, 0.5, 1, 0, kNaN});
  expect("relu", {0, -0.0, kInf, 0, kNaN});
  expect("leakyRelu", {0, -0.0, kInf, -kInf, kNaN}, {0.1});
  expect("elu", {0, -0.0, kInf, -2, kNaN}, {2});
  expect("gelu", {0, -0.0, kInf, 0, kNaN}, {0});
  expect("gelu", {0, -0.0, kInf, 0, kNaN}, {1});
  expect("silu", {0, -0.0, kInf, 0, kNaN});
  expect("softplus", {0.693147180559945, 0.693147180559945, kInf, 0, kNaN});
  expect("sqrt", {0, -0.0, kInf, kNaN, kNaN});
  expect("reciprocal", {kInf, -kInf, 0, 0, kNaN});
  expect("sign", {0, -0.0, 1, -1, kNaN});
  expect("abs", {0, 0, kInf, kInf, kNaN});
  expect("neg", {-0.0, 0, -kInf, kInf, kNaN});
  expect("clip", {1, 1, 2, 1, kNaN}, {1, 2});
}

TEST(Unary, LogOfDenormals) {
  const Array y = run("log", {Array::of<float>({1e-40f, 1.4e-45f, -1e-40f})}, {3});
  EXPECT_ARRAY_NEAR(y, 1e-6, {std::log(static_cast<double>(1e-40f)), std::log(static_cast<double>(1.4e-45f)), kNaN});
}

TEST(Unary, Overflow) {
  EXPECT_ARRAY(run("exp", {Array::of<float>({88.8f, 1000.0f, -110.0f, -1e30f})}, {4}), {kInf, kInf, 0, 0});
  EXPECT_ARRAY(run("tanh", {Array::of<float>({1e30f, -1e30f})}, {2}), {1, -1});
  EXPECT_ARRAY(run("sigmoid", {Array::of<float>({1e30f, -1e30f})}, {2}), {1, 0});
}

TEST(Unary, Float64FollowsTheLibrary) {
  const Array x = Array::random<double>({1001}, -3, 3);
  const std::vector<std::pair<std::string, double (*)(double)>> ops = {
      {"exp", std::exp}, {"expm1", std::expm1}, {"sin", std::sin}, {"cos", std::cos},     {"tanh", std::tanh},
      {"erf", std::erf}, {"sigmoid", sigmoid},  {"silu", silu},    {"softplus", softplus}};
  for (const auto& [op, exact] : ops) {
    std::vector<double> expected;
    for (int64_t i = 0; i < x.size(); ++i) expected.push_back(exact(x.at<double>(i)));
    EXPECT_TRUE(near(run(op, {x}, {1001}), expected, 1e-14, 1e-15)) << op;
  }
}

TEST(Unary, IntegersWrap) {
  constexpr int32_t low = std::numeric_limits<int32_t>::min();
  constexpr int64_t low64 = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(run("neg", {Array::of<int32_t>({low, 5})}, {2}).at<int32_t>(0), low);
  EXPECT_EQ(run("abs", {Array::of<int64_t>({low64})}, {1}).at<int64_t>(0), low64);
  EXPECT_ARRAY(run("neg", {Array::of<uint8_t>({1, 0})}, {2}), {255, 0});
  EXPECT_ARRAY(run("square", {Array::of<uint8_t>({17})}, {1}), {33});
  EXPECT_ARRAY(run("square", {Array::of<int32_t>({65536, -3})}, {2}), {0, 9});
  EXPECT_ARRAY(run("sign", {Array::of<int32_t>({-7, 0, 7})}, {3}), {-1, 0, 1});
  EXPECT_ARRAY(run("relu", {Array::of<int64_t>({-7, 0, 7})}, {3}), {0, 0, 7});
}

TEST(Unary, Rounding) {
  const Array x = Array::of<float>({-2.5f, -1.5f, -0.4f, 0.5f, 1.5f, 2.5f, 1e9f});
  EXPECT_ARRAY(run("round", {x}, {7}), {-2, -2, -0.0, 0, 2, 2, 1e9f});
  EXPECT_ARRAY(run("floor", {x}, {7}), {-3, -2, -1, 0, 1, 2, 1e9f});
  EXPECT_ARRAY(run("ceil", {x}, {7}), {-2, -1, -0.0, 1, 2, 3, 1e9f});
}

TEST(Unary, ClipOfIntegers) {
  EXPECT_ARRAY(run("clip", {Array::of<int32_t>({-5, 0, 1, 2, 9})}, {5}, {0.5, 2.5}), {1, 1, 1, 2, 2});
  EXPECT_ARRAY(run("clip", {Array::of<uint8_t>({0, 200})}, {2}, {-1e300, 1e300}), {0, 200});
  EXPECT_ARRAY(run("clip", {Array::of<int64_t>({-4, 4})}, {2}, {-HUGE_VAL, 3}), {-4, 3});
}

TEST(Unary, Tests) {
  const Array x = Array::of<float>({1, kNaN, kInf, -kInf});
  EXPECT_ARRAY(run("isNaN", {x}, {4}, {}, HEBB_BOOL), {0, 1, 0, 0});
  EXPECT_ARRAY(run("isFinite", {x}, {4}, {}, HEBB_BOOL), {1, 0, 0, 0});
  EXPECT_ARRAY(run("logicalNot", {Array::of<bool>({true, false})}, {2}), {0, 1});
}

TEST(Unary, ShapesAndThreads) {
  EXPECT_EQ(run("exp", {Array({0, 3}, HEBB_FLOAT32)}, {0, 3}).size(), 0);
  EXPECT_ARRAY(run("exp", {Array::scalar<float>(0)}, {}), {1});
  for (const char* op : {"exp", "tanh", "sin", "neg", "sqrt"}) {
    const Array x = Array::random<float>({100003}, -2, 2);
    expect_thread_independent(op, {x}, {x});
  }
}

TEST(Unary, InPlace) {
  Array x = Array::of<float>({1, 4, 9});
  hebb_view view = x.view();
  const hebb_call c = {opcode("sqrt"), 1, 1, 0, &view, &view, nullptr};
  hebb_error error = {};
  ASSERT_EQ(table().run(&c, &error), HEBB_OK);
  EXPECT_ARRAY(x, {1, 2, 3});
}

TEST(Unary, Refusals) {
  const Array f = Array::of<float>({1, 2}), i = Array::of<int32_t>({1, 2}), b = Array::of<bool>({true, false});
  expect_refused(HEBB_BAD_SHAPE, "exp", {f, f}, f);
  expect_refused(HEBB_BAD_SHAPE, "exp", {f}, Array({3}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "exp", {f}, Array({2, 1}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_DTYPE, "exp", {i}, i);
  expect_refused(HEBB_BAD_DTYPE, "exp", {f}, Array({2}, HEBB_FLOAT64));
  expect_refused(HEBB_BAD_DTYPE, "sin", {i}, i);
  expect_refused(HEBB_BAD_DTYPE, "neg", {b}, b);
  expect_refused(HEBB_BAD_DTYPE, "isNaN", {f}, f);
  expect_refused(HEBB_BAD_DTYPE, "logicalNot", {Array::of<uint8_t>({1, 2})}, b);
  expect_refused(HEBB_BAD_RANGE, "exp", {f}, f, {1});
  expect_refused(HEBB_BAD_RANGE, "elu", {f}, f);
  expect_refused(HEBB_BAD_RANGE, "gelu", {f}, f, {0.5});
  expect_refused(HEBB_BAD_RANGE, "clip", {f}, f, {2, 1});
  expect_refused(HEBB_BAD_RANGE, "clip", {f}, f, {NAN, 1});
}

TEST(Unary, ImpossibleViews) {
  Array x = Array::of<float>({1, 2});
  hebb_view good = x.view();
  const auto refused = [&](hebb_view bad) {
    const hebb_call c = {opcode("exp"), 1, 1, 0, &bad, &bad, nullptr};
    hebb_error error = {};
    return table().run(&c, &error);
  };
  hebb_view bad = good;
  bad.rank = 9;
  EXPECT_EQ(refused(bad), HEBB_BAD_SHAPE);
  bad.rank = -1;
  EXPECT_EQ(refused(bad), HEBB_BAD_SHAPE);
  bad = good;
  bad.dims[0] = -2;
  EXPECT_EQ(refused(bad), HEBB_BAD_SHAPE);
  bad.rank = 2;
  bad.dims[0] = bad.dims[1] = int64_t{1} << 40;
  EXPECT_EQ(refused(bad), HEBB_BAD_SHAPE);
  bad = good;
  bad.dtype = 77;
  EXPECT_EQ(refused(bad), HEBB_BAD_DTYPE);
}
