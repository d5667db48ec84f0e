// sgdUpdate and adamUpdate against their formulas in float64.
#include <cmath>
#include <string>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

constexpr int64_t kCount = 20011;

struct Slots {
  Array p = Array::random<double>({kCount}, -1, 1, 1), g = Array::random<double>({kCount}, -1, 1, 2);
  Array m = Array::random<double>({kCount}, -1, 1, 3), v = Array::random<double>({kCount}, 0, 1, 4);
};

}  // namespace

TEST(Optimizers, Sgd) {
  const Slots s;
  const Array rate = Array::scalar<double>(0.1);
  for (const double nesterov : {0.0, 1.0}) {
    Array p({kCount}, HEBB_FLOAT64), m = p;
    const Result result = call("sgdUpdate", {&p, &m}, {s.p, s.g, s.m, rate}, {0.9, nesterov, 0.01});
    ASSERT_EQ(result.status, HEBB_OK) << result.message;
    std::vector<double> expected_p, expected_m;
    for (int64_t i = 0; i < kCount; ++i) {
      const double g = s.g.value(i) + 0.01 * s.p.value(i), moved = 0.9 * s.m.value(i) + g;
      expected_m.push_back(moved);
      expected_p.push_back(s.p.value(i) - 0.1 * (nesterov != 0 ? g + 0.9 * moved : moved));
    }
    EXPECT_TRUE(near(m, expected_m, 1e-13, 1e-15));
    EXPECT_TRUE(near(p, expected_p, 1e-13, 1e-15));
  }
  EXPECT_ARRAY(run("sgdUpdate", {Array::of<float>({1, 2}), Array::of<float>({4, 8}), Array::of<float>({0.5f})}, {2}, {0, 0, 0}),
               {-1, -2});
}

TEST(Optimizers, Adam) {
  const Slots s;
  const Array rate = Array::scalar<double>(0.01), step = Array::scalar<double>(3);
  for (const bool decoupled : {false, true}) {
    Array p({kCount}, HEBB_FLOAT64), m = p, v = p;
    const Attributes attributes = {0.9, 0.99, 1e-8, 0.1, decoupled ? 1.0 : 0.0};
    const Result result = call("adamUpdate", {&p, &m, &v}, {s.p, s.g, s.m, s.v, rate, step}, attributes);
    ASSERT_EQ(result.status, HEBB_OK) << result.message;
    std::vector<double> ps, ms, vs;
    for (int64_t i = 0; i < kCount; ++i) {
      const double w = s.p.value(i), g = s.g.value(i) + (decoupled ? 0 : 0.1 * w);
      ms.push_back(0.9 * s.m.value(i) + 0.1 * g);
      vs.push_back(0.99 * s.v.value(i) + 0.01 * g * g);
      const double corrected = std::sqrt(vs.back() / (1 - std::pow(0.99, 3))) + 1e-8;
      ps.push_back((decoupled ? w * (1 - 0.01 * 0.1) : w) - 0.01 / (1 - std::pow(0.9, 3)) * ms.back() / corrected);
    }
    EXPECT_TRUE(near(m, ms, 1e-12, 1e-15));
    EXPECT_TRUE(near(v, vs, 1e-12, 1e-15));
    EXPECT_TRUE(near(p, ps, 1e-12, 1e-14));
  }
}

// Outputs may be their inputs, and the bits are the same.
TEST(Optimizers, InPlace) {
  Array p = Array::random<float>({kCount}, -1, 1, 1), g = Array::random<float>({kCount}, -1, 1, 2);
  Array m = Array::random<float>({kCount}, -1, 1, 3), v = Array::random<float>({kCount}, 0, 1, 4);
  const Array rate = Array::scalar<float>(0.01f), step = Array::scalar<float>(1);
  const std::vector<double> attributes = {0.9, 0.999, 1e-8, 0, 0};
  Array new_p = p, new_m = p, new_v = p;
  call("adamUpdate", {&new_p, &new_m, &new_v}, {p, g, m, v, rate, step}, attributes);
  const hebb_view inputs[] = {p.view(), g.view(), m.view(), v.view(), rate.view(), step.view()};
  const hebb_view outputs[] = {p.view(), m.view(), v.view()};
  const hebb_call c = {opcode("adamUpdate"), 3, 6, 5, outputs, inputs, attributes.data()};
  hebb_error error = {};
  ASSERT_EQ(table().run(&c, &error), HEBB_OK);
  EXPECT_TRUE(same_bits(p, new_p));
  EXPECT_TRUE(same_bits(m, new_m));
  EXPECT_TRUE(same_bits(v, new_v));
}

// Many parameters in one call are what they are one by one.
TEST(Optimizers, ManyAtOnce) {
  const Array rate = Array::scalar<float>(0.01f), step = Array::scalar<float>(2);
  std::vector<Array> inputs[3], outputs[3];
  std::vector<Array> wanted[3];
  unsigned seed = 1;
  const Attributes attributes[] = {{0, 0, 0.1}, {0.9, 1, 0.1}, {0.9, 0.99, 1e-8, 0.1, 1}};
  for (const int64_t n : {3, 0, 70000, 1, 20000, 4, 40000}) {
    std::vector<Array> slots;
    for (int i = 0; i < 4; ++i) slots.push_back(Array::random<float>({n}, 0, 1, ++seed));
    for (int kind = 0; kind < 3; ++kind) {
      std::vector<Array> own(slots.begin(), slots.begin() + 2 + kind);
      inputs[kind].insert(inputs[kind].end(), own.begin(), own.end());
      std::vector<Array> out(1 + kind, Array({n}, HEBB_FLOAT32));
      std::vector<Array*> to;
      for (Array& array : out) to.push_back(&array);
      own.push_back(rate);
      if (kind == 2) own.push_back(step);
      ASSERT_EQ(call(kind == 2 ? "adamUpdate" : "sgdUpdate", to, own, attributes[kind]).status, HEBB_OK);
      for (const Array& array : out) wanted[kind].push_back(array), outputs[kind].emplace_back(Dims{n}, HEBB_FLOAT32);
    }
  }
  for (int kind = 0; kind < 3; ++kind) {
    inputs[kind].push_back(rate);
    if (kind == 2) inputs[kind].push_back(step);
    const char* op = kind == 2 ? "adamUpdate" : "sgdUpdate";
    std::vector<Array*> to;
    for (Array& array : outputs[kind]) to.push_back(&array);
    const Result result = call(op, to, inputs[kind], attributes[kind]);
    ASSERT_EQ(result.status, HEBB_OK) << result.message;
    for (size_t i = 0; i < wanted[kind].size(); ++i) EXPECT_TRUE(same_bits(outputs[kind][i], wanted[kind][i]));
    expect_thread_independent(op, inputs[kind], wanted[kind], attributes[kind]);
    inputs[kind].erase(inputs[kind].begin());
    EXPECT_NE(call(op, to, inputs[kind], attributes[kind]).status, HEBB_OK);
  }
}

TEST(Optimizers, Threads) {
  const Array x = Array::random<float>({100003}, 0, 1), one = Array::scalar<float>(1);
  expect_thread_independent("sgdUpdate", {x, x, x, one}, {x, x}, {0.9, 1, 0.1});
  expect_thread_independent("adamUpdate", {x, x, x, x, one, one}, {x, x, x}, {0.9, 0.99, 1e-8, 0, 0});
}

TEST(Optimizers, Refusals) {
  const Array x({4}, HEBB_FLOAT32), one = Array::scalar<float>(1), two = Array::of<float>({1, 2}),
                                    wide = Array::scalar<double>(1);
  expect_refused(HEBB_BAD_SHAPE, "sgdUpdate", {x, x}, x, {0, 0, 0});
  expect_refused(HEBB_BAD_SHAPE, "sgdUpdate", {x, two, one}, x, {0, 0, 0});
  expect_refused(HEBB_BAD_SHAPE, "sgdUpdate", {x, x, two}, x, {0, 0, 0});
  expect_refused(HEBB_BAD_SHAPE, "sgdUpdate", {x, x, one}, two, {0, 0, 0});
  expect_refused(HEBB_BAD_SHAPE, "sgdUpdate", {x, x, one}, x, {0.9, 0, 0});
  expect_refused(HEBB_BAD_DTYPE, "sgdUpdate", {x, x, wide}, x, {0, 0, 0});
  expect_refused(HEBB_BAD_RANGE, "sgdUpdate", {x, x, one}, x, {0, 2, 0});
  expect_refused(HEBB_BAD_SHAPE, "adamUpdate", {x, x, x, x, one, one}, x, {0.9, 0.99, 1e-8, 0, 0});
  Array p = x, m = x, v = x;
  const auto status = [&](const Array& step, Attributes attributes) {
    return call("adamUpdate", {&p, &m, &v}, {Array::random<float>({4}), x, x, x, one, step}, attributes).status;
  };
  EXPECT_EQ(status(Array::scalar<float>(0), {0.9, 0.99, 1e-8, 0, 0}), HEBB_BAD_RANGE);
  EXPECT_EQ(status(Array::scalar<float>(NAN), {0.9, 0.99, 1e-8, 0, 0}), HEBB_BAD_RANGE);
  EXPECT_EQ(status(two, {0.9, 0.99, 1e-8, 0, 0}), HEBB_BAD_SHAPE);
  EXPECT_EQ(status(one, {0.9, 0.99, 1e-8, 0}), HEBB_BAD_RANGE);
}
