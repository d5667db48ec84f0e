// Elementwise ops of two and three inputs: broadcasting against a plain reference, integers, special values, refusals.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();
const double kInf = std::numeric_limits<double>::infinity();

// The element of `a` that index `at` of the output sees.
double broadcast_value(const Array& a, const Dims& out, int64_t at) {
  int64_t offset = 0, stride = 1;
  for (int d = static_cast<int>(out.size()) - 1, k = static_cast<int>(a.dims().size()) - 1; k >= 0; --d, --k) {
    const int64_t index = at % out[d];
    at /= out[d];
    if (a.dims()[k] != 1) offset += index * stride;
    stride *= a.dims()[k];
  }
  return a.value(offset);
}

struct Case {
  Dims a, b, y;
};

const Case kCases[] = {
    {{}, {}, {}},
    {{7}, {7}, {7}},
    {{7}, {}, {7}},
    {{}, {5, 3}, {5, 3}},
    {{1}, {1, 1}, {1, 1}},
    {{50, 100}, {100}, {50, 100}},
    {{50, 100}, {50, 1}, {50, 100}},
    {{50, 1}, {100}, {50, 100}},
    {{1, 60}, {70, 60}, {70, 60}},
    {{1000, 3}, {3}, {1000, 3}},
    {{3}, {1000, 3}, {1000, 3}},
    {{1000, 3}, {1000, 1}, {1000, 3}},
    {{1000, 1}, {1, 3}, {1000, 3}},
    {{4, 1, 6, 1}, {5, 1, 7}, {4, 5, 6, 7}},
    {{2, 3, 1, 80}, {2, 1, 4, 80}, {2, 3, 4, 80}},
    {{2, 3, 4, 5, 2}, {3, 1, 5, 1}, {2, 3, 4, 5, 2}},
    {{2, 1, 2, 1, 2, 1, 2, 1}, {1, 2, 1, 2, 1, 2, 1, 2}, {2, 2, 2, 2, 2, 2, 2, 2}},
    {{2, 20000}, {20000}, {2, 20000}},
    {{2, 20000}, {2, 1}, {2, 20000}},
    {{30000}, {30000}, {30000}},
    {{0, 3}, {3}, {0, 3}},
    {{3, 1}, {3, 0}, {3, 0}},
    {{1}, {0}, {0}},
};

template <typename T>
void check_all_cases(const std::string& op, double (*exact)(double, double), int dtype = -1) {
  for (const Case& c : kCases) {
    const Array a = Array::random<T>(c.a, 1, 100, 1), b = Array::random<T>(c.b, 1, 100, 2);
    std::vector<double> expected;
    for (int64_t i = 0; i < count(c.y); ++i) expected.push_back(exact(broadcast_value(a, c.y, i), broadcast_value(b, c.y, i)));
    EXPECT_TRUE(near(run(op, {a, b}, c.y, {}, dtype), expected, 1e-6, 0)) << op << " case " << (&c - kCases);
  }
}

}  // namespace

TEST(Binary, Broadcasting) {
  check_all_cases<float>("sub", [](double a, double b) { return double(float(a) - float(b)); });
  check_all_cases<double>("div", [](double a, double b) { return a / b; });
  check_all_cases<int32_t>("mul", [](double a, double b) { return a * b; });
  check_all_cases<int64_t>("add", [](double a, double b) { return a + b; });
  check_all_cases<uint8_t>("maximum", [](double a, double b) { return std::max(a, b); });
  check_all_cases<float>("minimum", [](double a, double b) { return std::min(a, b); });
  check_all_cases<float>(
      "less", [](double a, double b) { return double(a < b); }, HEBB_BOOL);
  check_all_cases<int64_t>(
      "greaterEqual", [](double a, double b) { return double(a >= b); }, HEBB_BOOL);
  check_all_cases<uint8_t>(
      "notEqual", [](double a, double b) { return double(a != b); }, HEBB_BOOL);
}

TEST(Binary, IntegersWrap) {
  constexpr int32_t low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  EXPECT_ARRAY(run("add", {Array::of<int32_t>({high}), Array::of<int32_t>({1})}, {1}), {double(low)});
  EXPECT_ARRAY(run("sub", {Array::of<uint8_t>({1}), Array::of<uint8_t>({2})}, {1}), {255});
  EXPECT_ARRAY(run("mul", {Array::of<int32_t>({low}), Array::of<int32_t>({-1})}, {1}), {double(low)});
  EXPECT_ARRAY(run("mul", {Array::of<int64_t>({int64_t{1} << 62}), Array::of<int64_t>({4})}, {1}), {0});
}

TEST(Binary, Mod) {
  EXPECT_ARRAY(run("mod", {Array::of<int32_t>({7, -7, 7, -7, 6}), Array::of<int32_t>({3, 3, -3, -3, 3})}, {5}),
               {1, 2, -2, -1, 0});
  EXPECT_ARRAY(run("mod", {Array::of<float>({7, -7, 7.5f, -7, 6}), Array::of<float>({3, 3, -3, -3, 0})}, {5}),
               {1, 2, -1.5, -1, kNaN});
  constexpr int64_t low = std::numeric_limits<int64_t>::min();
  EXPECT_ARRAY(run("mod", {Array::of<int64_t>({low}), Array::of<int64_t>({-1})}, {1}), {0});
  expect_refused(HEBB_BAD_RANGE, "mod", {Array::of<int32_t>({1, 2}), Array::of<int32_t>({1, 0})}, Array({2}, HEBB_INT32));
  EXPECT_EQ(run("mod", {Array({0}, HEBB_INT32), Array::of<int32_t>({0})}, {0}).size(), 0);
}

TEST(Binary, Pow) {
  EXPECT_ARRAY(run("pow", {Array::of<float>({2, -2, 9, 0, -8}), Array::of<float>({10, 3, 0.5f, 0, 0.5f})}, {5}),
               {1024, -8, 3, 1, kNaN});
  EXPECT_ARRAY(run("pow", {Array::of<float>({3, -4, float(kInf)}), Array::scalar<float>(2)}, {3}), {9, 16, kInf});
  EXPECT_ARRAY(run("pow", {Array::of<int32_t>({3, -2, 0, 2, -1, 1, 2}), Array::of<int32_t>({4, 3, 0, 32, -3, -9, -1})}, {7}),
               {81, -8, 1, 0, -1, 1, 0});
  EXPECT_ARRAY(run("pow", {Array::of<uint8_t>({2, 3}), Array::of<uint8_t>({7, 200})}, {2}), {128, 161});
}

TEST(Binary, NaN) {
  const Array a = Array::of<float>({float(kNaN), 1, float(kNaN)}), b = Array::of<float>({1, float(kNaN), float(kNaN)});
  EXPECT_ARRAY(run("maximum", {a, b}, {3}), {kNaN, kNaN, kNaN});
  EXPECT_ARRAY(run("minimum", {a, b}, {3}), {kNaN, kNaN, kNaN});
  EXPECT_ARRAY(run("equal", {a, a}, {3}, {}, HEBB_BOOL), {0, 1, 0});
  EXPECT_ARRAY(run("notEqual", {a, a}, {3}, {}, HEBB_BOOL), {1, 0, 1});
}

TEST(Binary, Logic) {
  const Array a = Array::of<bool>({false, false, true, true}), b = Array::of<bool>({false, true, false, true});
  EXPECT_ARRAY(run("logicalAnd", {a, b}, {4}), {0, 0, 0, 1});
  EXPECT_ARRAY(run("logicalOr", {a, b}, {4}), {0, 1, 1, 1});
  EXPECT_ARRAY(run("logicalXor", {a, b}, {4}), {0, 1, 1, 0});
  EXPECT_ARRAY(run("equal", {a, b}, {4}), {1, 0, 0, 1});
}

TEST(Binary, Where) {
  const Dims shapes[] = {{}, {6}, {5, 1}, {5, 6}, {2, 1, 6}, {1, 1, 1}, {2, 5, 6}};
  for (const Dims& c : shapes)
    for (const Dims& a : shapes)
      for (const Dims& b : shapes) {
        const Array cond = Array::random<uint8_t>(c, 0, 2, 3);
        std::vector<bool> bits;
        for (int64_t i = 0; i < cond.size(); ++i) bits.push_back(cond.value(i) != 0);
        const Array condition = Array::of<bool>(bits, c);
        const Array x = Array::random<float>(a, 0, 1, 4), y = Array::random<float>(b, 2, 3, 5);
        Dims out(3, 1);
        for (const Dims* dims : {&c, &a, &b})
          for (size_t d = 0; d < dims->size(); ++d) out[3 - dims->size() + d] = std::max(out[3 - dims->size() + d], (*dims)[d]);
        out.erase(out.begin(), out.begin() + 3 - std::max({c.size(), a.size(), b.size()}));
        std::vector<double> expected;
        for (int64_t i = 0; i < count(out); ++i)
          expected.push_back(broadcast_value(condition, out, i) != 0 ? broadcast_value(x, out, i) : broadcast_value(y, out, i));
        EXPECT_TRUE(near(run("where", {condition, x, y}, out, {}, HEBB_FLOAT32), expected, 0, 0));
      }
}

TEST(Binary, ActivationGradients) {
  const Array g = Array::random<double>({501}, -1, 1, 1), x = Array::random<double>({501}, -4, 4, 2);
  const auto check = [&](const char* op, const char* forward, Attributes attributes, bool from_output) {
    const double h = 1e-6;
    Array up = x, down = x;
    for (int64_t i = 0; i < x.size(); ++i) {
      up.at<double>(i) += h;
      down.at<double>(i) -= h;
    }
    const Array y = run(forward, {x}, {501}, attributes), y1 = run(forward, {up}, {501}, attributes);
    const Array y0 = run(forward, {down}, {501}, attributes);
    std::vector<double> expected;
    for (int64_t i = 0; i < x.size(); ++i) expected.push_back(g.value(i) * (y1.value(i) - y0.value(i)) / (2 * h));
    EXPECT_TRUE(near(run(op, {g, from_output ? y : x}, {501}, attributes), expected, 1e-6, 1e-8)) << op;
  };
  check("tanhGrad", "tanh", {}, true);
  check("sigmoidGrad", "sigmoid", {}, true);
  check("reluGrad", "relu", {}, true);
  check("geluGrad", "gelu", {0}, false);
  check("geluGrad", "gelu", {1}, false);
  const Array far = Array::of<float>({1e30f, -1e30f, float(kInf), -float(kInf)}), one = Array::of<float>({1, 1, 1, 1});
  EXPECT_ARRAY(run("geluGrad", {one, far}, {4}, {0}), {1, 0, 1, 0});
  EXPECT_ARRAY(run("geluGrad", {one, far}, {4}, {1}), {1, 0, 1, 0});
}

TEST(Binary, Threads) {
  const Array a = Array::random<float>({300, 500}, -1, 1, 1), row = Array::random<float>({500}, -1, 1, 2);
  const Array thin = Array::random<float>({50000, 3}, -1, 1, 1), three = Array::random<float>({3}, -1, 1, 2);
  expect_thread_independent("mul", {a, a}, {a});
  expect_thread_independent("add", {a, row}, {a});
  expect_thread_independent("add", {thin, three}, {thin});
  expect_thread_independent("geluGrad", {a, a}, {a}, {0});
}

TEST(Binary, Refusals) {
  const Array a({2, 3}, HEBB_FLOAT32), b({3}, HEBB_FLOAT32), i({3}, HEBB_INT32), t({2, 3}, HEBB_BOOL);
  expect_refused(HEBB_BAD_SHAPE, "add", {a}, a);
  expect_refused(HEBB_BAD_SHAPE, "add", {a, b}, b);
  expect_refused(HEBB_BAD_SHAPE, "add", {a, b}, Array({3, 2}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "add", {a, b}, Array({1, 2, 3}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "add", {a, Array({2}, HEBB_FLOAT32)}, a);
  expect_refused(HEBB_BAD_SHAPE, "add", {Array({1}, HEBB_FLOAT32), Array({1}, HEBB_FLOAT32)}, Array({3}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "add", {Array({0}, HEBB_FLOAT32), b}, b);
  expect_refused(HEBB_BAD_DTYPE, "add", {a, i}, a);
  expect_refused(HEBB_BAD_DTYPE, "add", {a, b}, Array({2, 3}, HEBB_FLOAT64));
  expect_refused(HEBB_BAD_DTYPE, "add", {t, t}, t);
  expect_refused(HEBB_BAD_DTYPE, "div", {i, i}, i);
  expect_refused(HEBB_BAD_DTYPE, "less", {b, b}, b);
  expect_refused(HEBB_BAD_DTYPE, "logicalAnd", {b, b}, Array({3}, HEBB_BOOL));
  expect_refused(HEBB_BAD_DTYPE, "where", {a, a, a}, a);
  expect_refused(HEBB_BAD_DTYPE, "where", {t, a, Array({2, 3}, HEBB_INT32)}, a);
  expect_refused(HEBB_BAD_SHAPE, "where", {t, a, Array({2}, HEBB_FLOAT32)}, a);
  expect_refused(HEBB_BAD_SHAPE, "reluGrad", {a, b}, a);
  expect_refused(HEBB_BAD_DTYPE, "reluGrad", {i, i}, i);
  expect_refused(HEBB_BAD_RANGE, "geluGrad", {a, a}, a, {2});
}
