// attention and its gradient against plain loops in double.
#include <array>
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

constexpr double kNone = -INFINITY;

struct Case {
  int64_t batch, queries, keys, width, values;
  bool causal = false;
  Array q{}, k{}, v{}, mask{};  // the mask is empty, or [1 or batch, 1 or queries, 1 or keys]
  double scale = 0.3;

  template <typename T>
  Case filled() const {
    Case c = *this;
    c.q = Array::random<T>({batch, queries, width}, -2, 2, 1);
    c.k = Array::random<T>({batch, keys, width}, -2, 2, 2);
    c.v = Array::random<T>({batch, keys, values}, -2, 2, 3);
    return c;
  }
  std::vector<Array> inputs() const {
    std::vector<Array> all = {q, k, v};
    if (masked()) all.push_back(mask);
    return all;
  }
  bool masked() const { return !mask.dims().empty(); }
  Attributes attributes() const { return {scale, causal ? 1.0 : 0.0}; }
  Array result() const { return Array({batch, queries, values}, q.dtype()); }
  Array log_sums() const { return Array({batch, queries}, q.dtype() == HEBB_FLOAT64 ? HEBB_FLOAT64 : HEBB_FLOAT32); }

  double mask_at(int64_t b, int64_t i, int64_t j) const {
    const Dims& d = mask.dims();
    const double value = mask.value(((d[0] == 1 ? 0 : b) * d[1] + (d[1] == 1 ? 0 : i)) * d[2] + (d[2] == 1 ? 0 : j));
    return mask.dtype() == HEBB_BOOL ? (value != 0 ? 0 : kNone) : value;
  }
  double score(int64_t b, int64_t i, int64_t j) const {
    if (causal && j > i) return kNone;
    double sum = 0;
    for (int64_t e = 0; e < width; ++e) sum += q.value((b * queries + i) * width + e) * k.value((b * keys + j) * width + e);
    return scale * sum + (masked() ? mask_at(b, i, j) : 0);
  }
};

struct Expected {
  std::vector<double> y, log_sums;
};

Expected expected(const Case& c) {
  Expected out;
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t i = 0; i < c.queries; ++i) {
      std::vector<double> weights(c.keys), y(c.values);
      double total = 0;
      for (int64_t j = 0; j < c.keys; ++j) total += weights[j] = std::exp(c.score(b, i, j));
      for (int64_t j = 0; j < c.keys && total > 0; ++j)
        for (int64_t e = 0; e < c.values; ++e) y[e] += weights[j] / total * c.v.value((b * c.keys + j) * c.values + e);
      out.y.insert(out.y.end(), y.begin(), y.end());
      out.log_sums.push_back(total > 0 ? std::log(total) : INFINITY);
    }
  return out;
}

void check_values(const Case& c, double tolerance) {
  SCOPED_TRACE(testing::Message() << c.batch << " x " << c.queries << " x " << c.keys << ", " << c.width << ", " << c.values);
  Array y = c.result(), log_sums = c.log_sums();
  const Result result = call("attention", {&y, &log_sums}, c.inputs(), c.attributes());
  ASSERT_EQ(result.status, HEBB_OK) << result.message;
  const Expected out = expected(c);
  EXPECT_TRUE(near(y, out.y, tolerance, tolerance));
  EXPECT_TRUE(near(log_sums, out.log_sums, tolerance, tolerance));
}

// About half of the keys are hidden, and all of them from query 1.
Array bools(const Dims& dims) {
  const Array numbers = Array::random<float>(dims, -1, 1, 4);
  Array seen(dims, HEBB_BOOL);
  for (int64_t i = 0; i < seen.size(); ++i) seen.at<uint8_t>(i) = i / dims[2] % dims[1] != 1 && numbers.at<float>(i) > 0;
  return seen;
}

template <typename T>
void check_all_values(double tolerance) {
  for (const bool causal : {false, true}) {
    check_values(Case{1, 1, 1, 1, 1, causal}.filled<T>(), tolerance);
    check_values(Case{3, 5, 7, 4, 2, causal}.filled<T>(), tolerance);
    check_values(Case{2, 64, 128, 8, 8, causal}.filled<T>(), tolerance);
    check_values(Case{2, 65, 300, 5, 33, causal}.filled<T>(), tolerance);
    check_values(Case{1, 200, 129, 33, 3, causal}.filled<T>(), tolerance);
    for (const Dims& dims : {Dims{2, 70, 260}, Dims{1, 70, 260}, Dims{2, 1, 260}, Dims{1, 70, 1}, Dims{1, 1, 1}}) {
      Case c = Case{2, 70, 260, 6, 5, causal}.filled<T>();
      c.mask = Array::random<T>(dims, -3, 3, 5);
      check_values(c, tolerance);
      c.mask = bools(dims);
      check_values(c, tolerance);
    }
  }
}

TEST(Attention, AgreesWithTheFormula) {
  check_all_values<float>(1e-5);
  check_all_values<double>(1e-12);
}

// Only the last key is seen, and its score is far below those of hidden ones.
TEST(Attention, HiddenScoresDoNotCount) {
  Case c = Case{1, 2, 400, 1, 1}.filled<float>();
  for (int64_t j = 0; j < 400; ++j) c.k.at<float>(j) = j == 399 ? -400 : 400;
  c.q.at<float>(0) = c.q.at<float>(1) = 1;
  c.mask = Array({1, 1, 400}, HEBB_BOOL);
  for (int64_t j = 0; j < 400; ++j) c.mask.at<uint8_t>(j) = j == 399;
  Array y = c.result(), log_sums = c.log_sums();
  ASSERT_EQ(call("attention", {&y, &log_sums}, c.inputs(), c.attributes()).status, HEBB_OK);
  const float value = c.v.at<float>(399);
  EXPECT_TRUE(near(y, {value, value}, 1e-6, 0));
  EXPECT_TRUE(near(log_sums, {-120, -120}, 1e-6, 0));
}

TEST(Attention, NanStaysNan) {
  Case c = Case{1, 3, 200, 2, 2}.filled<float>();
  c.q.at<float>(2) = NAN;
  Array y = c.result(), log_sums = c.log_sums();
  ASSERT_EQ(call("attention", {&y, &log_sums}, c.inputs(), c.attributes()).status, HEBB_OK);
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(std::isnan(y.at<float>(i)), i / 2 == 1) << i;
  EXPECT_TRUE(std::isnan(log_sums.at<float>(1)));
}

// Central differences of Σ y·g of the plain loop at every element of one input.
std::vector<double> slopes(Case c, Array Case::*input, const Array& g) {
  std::vector<double> found;
  Array& x = c.*input;
  const auto loss = [&] {
    const Expected out = expected(c);
    double sum = 0;
    for (int64_t i = 0; i < g.size(); ++i) sum += out.y[i] * g.value(i);
    return sum;
  };
  for (int64_t i = 0; i < x.size(); ++i) {
    const double value = x.at<double>(i), step = 1e-5;
    x.at<double>(i) = value + step;
    const double up = loss();
    x.at<double>(i) = value - step;
    found.push_back((up - loss()) / (2 * step));
    x.at<double>(i) = value;
  }
  return found;
}

struct Gradients {
  Array dq, dk, dv;
};

Gradients gradients(const Case& c, const Array& g) {
  Array y = c.result(), log_sums = c.log_sums();
  Gradients found = {Array(c.q.dims(), c.q.dtype()), Array(c.k.dims(), c.q.dtype()), Array(c.v.dims(), c.q.dtype())};
  EXPECT_EQ(call("attention", {&y, &log_sums}, c.inputs(), c.attributes()).status, HEBB_OK);
  std::vector<Array> inputs = {g, c.q, c.k, c.v, y, log_sums};
  if (c.masked()) inputs.push_back(c.mask);
  EXPECT_EQ(call("attentionGrad", {&found.dq, &found.dk, &found.dv}, inputs, c.attributes()).status, HEBB_OK);
  return found;
}

void check_gradient(const Case& c) {
  SCOPED_TRACE(testing::Message() << c.batch << " x " << c.queries << " x " << c.keys << (c.causal ? ", causal" : ""));
  const Array g = Array::random<double>(c.result().dims(), -1, 1, 6);
  const Gradients found = gradients(c, g);
  EXPECT_TRUE(near(found.dq, slopes(c, &Case::q, g), 1e-6, 1e-8));
  EXPECT_TRUE(near(found.dk, slopes(c, &Case::k, g), 1e-6, 1e-8));
  EXPECT_TRUE(near(found.dv, slopes(c, &Case::v, g), 1e-6, 1e-8));
}

TEST(Attention, GradientAgreesWithDifferences) {
  for (const bool causal : {false, true}) {
    check_gradient(Case{1, 1, 1, 1, 1, causal}.filled<double>());
    check_gradient(Case{2, 5, 7, 3, 2, causal}.filled<double>());
    check_gradient(Case{2, 7, 5, 2, 3, causal}.filled<double>());
    check_gradient(Case{1, 67, 131, 2, 1, causal}.filled<double>());
    Case c = Case{2, 4, 6, 2, 3, causal}.filled<double>();
    for (const Array& mask :
         {bools({2, 4, 6}), bools({1, 4, 6}), Array::random<double>({2, 1, 6}), Array::random<double>({1, 4, 1})}) {
      c.mask = mask;
      check_gradient(c);
    }
  }
}

// In float32 as in float64, over several blocks and shares.
TEST(Attention, GradientsInFloat32) {
  const Case wide = Case{3, 150, 400, 20, 30, true}.filled<float>();
  const Array g = Array::random<float>(wide.result().dims(), -1, 1, 6);
  const auto doubled = [](const Array& x) {
    Array y(x.dims(), HEBB_FLOAT64);
    for (int64_t i = 0; i < x.size(); ++i) y.at<double>(i) = x.value(i);
    return y;
  };
  Case exact = wide;
  exact.q = doubled(wide.q), exact.k = doubled(wide.k), exact.v = doubled(wide.v);
  const Gradients found = gradients(wide, g), reference = gradients(exact, doubled(g));
  const auto values = [](const Array& x) {
    std::vector<double> all;
    for (int64_t i = 0; i < x.size(); ++i) all.push_back(x.value(i));
    return all;
  };
  EXPECT_TRUE(near(found.dq, values(reference.dq), 1e-5, 1e-5));
  EXPECT_TRUE(near(found.dk, values(reference.dk), 1e-5, 1e-5));
  EXPECT_TRUE(near(found.dv, values(reference.dv), 1e-5, 1e-5));
}

TEST(Attention, DoesNotDependOnThreads) {
  for (const Case& shape : {Case{1, 200, 700, 16, 8, true}, Case{40, 30, 20, 8, 8, false}, Case{3, 130, 300, 9, 7, true}})
    for (const int dtype : {HEBB_FLOAT32, HEBB_BFLOAT16}) {
      const Case c = shape.filled<float>();
      const Array q = rounded(c.q, dtype), k = rounded(c.k, dtype), v = rounded(c.v, dtype);
      const Array y(c.result().dims(), dtype), random = rounded(Array::random<float>(y.dims(), -1, 1, 6), dtype);
      const Array log_sums = Array::random<float>(c.log_sums().dims(), 4, 5, 7);
      expect_thread_independent("attention", {q, k, v}, {y, c.log_sums()}, c.attributes());
      expect_thread_independent("attentionGrad", {random, q, k, v, random, log_sums}, {q, k, v}, c.attributes());
    }
}

TEST(Attention, Empty) {
  for (const auto& [batch, queries, keys, width, values] :
       {std::array<int64_t, 5>{0, 3, 2, 4, 5}, {2, 0, 3, 4, 5}, {2, 3, 0, 4, 5}, {2, 3, 4, 0, 5}, {2, 3, 4, 5, 0}}) {
    const Case c = Case{batch, queries, keys, width, values}.filled<float>();
    check_values(c, 1e-6);
    const Gradients found = gradients(c, Array::random<float>(c.result().dims()));
    if (keys == 0 || values == 0) {
      EXPECT_TRUE(near(found.dq, std::vector<double>(c.q.size()), 0, 0));
    }
    if (queries == 0) {
      EXPECT_TRUE(near(found.dv, std::vector<double>(c.v.size()), 0, 0));
    }
  }
}

// Every operand in turn with another shape, then with another dtype.
void expect_every_operand_checked(const std::string& op, const std::vector<Array>& inputs, const std::vector<Array>& outputs) {
  const auto refused = [&](size_t changed, Array other, int status) {
    std::vector<Array> in = inputs, out = outputs;
    (changed < in.size() ? in[changed] : out[changed - in.size()]) = std::move(other);
    std::vector<Array*> pointers;
    for (Array& output : out) pointers.push_back(&output);
    const Result result = call(op, pointers, in, {0.5, 0});
    EXPECT_EQ(result.status, status) << "operand " << changed;
    EXPECT_EQ(result.message.find(op), 0u) << result.message;
  };
  for (size_t i = 0; i < inputs.size() + outputs.size(); ++i) {
    const Array& operand = i < inputs.size() ? inputs[i] : outputs[i - inputs.size()];
    for (size_t axis = 0; axis < operand.dims().size(); ++axis) {
      Dims longer = operand.dims();
      longer[axis] += 1;
      refused(i, Array(longer, operand.dtype()), HEBB_BAD_SHAPE);
    }
    refused(i, Array(operand.dims(), HEBB_FLOAT64), HEBB_BAD_DTYPE);
    refused(i, Array({1}, operand.dtype()), HEBB_BAD_SHAPE);
  }
  refused(0, Array(inputs[0].dims(), HEBB_INT32), HEBB_BAD_DTYPE);
}

TEST(Attention, RefusesWhatDoesNotFit) {
  Case c = Case{2, 3, 4, 5, 6}.filled<float>();
  c.mask = bools({2, 3, 4});
  expect_every_operand_checked("attention", c.inputs(), {c.result(), c.log_sums()});
  const Array y = Array::random<float>(c.result().dims()), log_sums = Array::random<float>({2, 3});
  expect_every_operand_checked("attentionGrad", {y, c.q, c.k, c.v, y, log_sums, c.mask}, {c.q, c.k, c.v});
  Array result = c.result(), sums = c.log_sums();
  EXPECT_EQ(call("attention", {&result, &sums}, c.inputs(), {NAN, 0}).status, HEBB_BAD_RANGE);
  EXPECT_EQ(call("attention", {&result, &sums}, c.inputs(), {1, 2}).status, HEBB_BAD_RANGE);
  EXPECT_NE(call("attention", {&result, &sums}, c.inputs(), {1}).status, HEBB_OK);
}

}  // namespace
}  // namespace hebb_test
