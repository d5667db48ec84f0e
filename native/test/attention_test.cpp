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

// Parts of [batch, rows, parts, heads, width] as [batch * heads, rows, width], or back.
struct Packing {
  int64_t batch, rows, heads, width;
  int64_t at(int64_t parts, int64_t part, int64_t b, int64_t h, int64_t i) const {
    return (((b * rows + i) * parts + part) * heads + h) * width;
  }
  template <typename F>
  void each_row(const F& f) const {
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t i = 0; i < rows; ++i) f(b, h, i, ((b * heads + h) * rows + i) * width);
  }
  template <typename T>
  Array unpacked(const Array& from, int64_t parts, int64_t part) const {
    Array to({batch * heads, rows, width}, from.dtype());
    each_row([&](int64_t b, int64_t h, int64_t i, int64_t row) {
      for (int64_t e = 0; e < width; ++e) to.at<T>(row + e) = from.at<T>(at(parts, part, b, h, i) + e);
    });
    return to;
  }
};

template <typename T>
void expect_same_bits(const Array& a, const Array& b) {
  ASSERT_EQ(a.size(), b.size());
  for (int64_t i = 0; i < a.size(); ++i) ASSERT_EQ(std::memcmp(&a.at<T>(i), &b.at<T>(i), sizeof(T)), 0) << i;
}

// The same bits as of operands that lie one after another.
template <typename T>
void check_packed(const Packing& p, int dtype, bool causal, const Array& mask) {
  SCOPED_TRACE(testing::Message() << p.batch << " x " << p.rows << " x " << p.heads << " x " << p.width);
  const int wide = dtype == HEBB_FLOAT64 ? HEBB_FLOAT64 : HEBB_FLOAT32;
  const auto random = [&](const Dims& dims, int seed) { return rounded(Array::random<float>(dims, -2, 2, seed), dtype); };
  const Array qkv = random({p.batch, p.rows, 3, p.heads, p.width}, 1), g = random({p.batch, p.rows, p.heads, p.width}, 2);
  const Array q = p.unpacked<T>(qkv, 3, 0), k = p.unpacked<T>(qkv, 3, 1), v = p.unpacked<T>(qkv, 3, 2);
  Array y(g.dims(), dtype), sums({p.batch, p.heads, p.rows}, wide), dqkv(qkv.dims(), dtype);
  Array rows(q.dims(), dtype), row_sums({p.batch * p.heads, p.rows}, wide), dq = rows, dk = rows, dv = rows;
  std::vector<Array> inputs = {qkv}, row_inputs = {q, k, v};
  // The mask is the same for all of the batch.
  const auto call_both = [&](const std::string& op, const std::vector<Array*>& out, const std::vector<Array*>& row_out) {
    const auto succeeds = [&](const std::vector<Array*>& outputs, std::vector<Array> operands, const Dims& dims) {
      if (!mask.dims().empty()) operands.push_back(mask.reshaped(dims));
      const Result result = call(op, outputs, operands, {0.3, causal ? 1.0 : 0.0});
      EXPECT_EQ(result.status, HEBB_OK) << result.message;
    };
    const Dims& m = mask.dims();
    succeeds(out, inputs, m.empty() ? m : Dims{1, 1, m[1], m[2]});
    succeeds(row_out, row_inputs, m);
  };
  call_both("attention", {&y, &sums}, {&rows, &row_sums});
  expect_same_bits<T>(p.unpacked<T>(y, 1, 0), rows);
  wide == HEBB_FLOAT64 ? expect_same_bits<double>(sums, row_sums) : expect_same_bits<float>(sums, row_sums);
  inputs = {g, qkv, y, sums}, row_inputs = {p.unpacked<T>(g, 1, 0), q, k, v, rows, row_sums};
  call_both("attentionGrad", {&dqkv}, {&dq, &dk, &dv});
  expect_same_bits<T>(p.unpacked<T>(dqkv, 3, 0), dq);
  expect_same_bits<T>(p.unpacked<T>(dqkv, 3, 1), dk);
  expect_same_bits<T>(p.unpacked<T>(dqkv, 3, 2), dv);
}

TEST(Attention, PackedIsTheSameBits) {
  for (const Packing& p : {Packing{1, 1, 1, 1},
                           {2, 5, 3, 4},
                           {2, 70, 2, 8},
                           {1, 150, 4, 33},
                           {1, 300, 1, 16},
                           {0, 3, 2, 4},
                           {2, 0, 2, 4},
                           {2, 3, 0, 4},
                           {2, 3, 2, 0}})
    for (const bool causal : {false, true})
      for (const Array& mask : {Array(), bools({1, 1, p.rows}), bools({1, p.rows, p.rows})}) {
        check_packed<float>(p, HEBB_FLOAT32, causal, mask);
        check_packed<double>(p, HEBB_FLOAT64, causal, mask);
        check_packed<uint16_t>(p, HEBB_BFLOAT16, causal, mask);
        check_packed<uint16_t>(p, HEBB_FLOAT16, causal, mask);
      }
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
  const Array qkv = Array::random<float>({2, 5, 3, 4, 6}), of_heads = Array::random<float>({2, 5, 4, 6});
  const Array seen = bools({2, 4, 5, 5}), head_sums = Array::random<float>({2, 4, 5});
  expect_every_operand_checked("attention", {qkv, seen}, {of_heads, head_sums});
  expect_every_operand_checked("attentionGrad", {of_heads, qkv, of_heads, head_sums, seen}, {qkv});
  Array result = c.result(), sums = c.log_sums();
  EXPECT_EQ(call("attention", {&result, &sums}, c.inputs(), {NAN, 0}).status, HEBB_BAD_RANGE);
  EXPECT_EQ(call("attention", {&result, &sums}, c.inputs(), {1, 2}).status, HEBB_BAD_RANGE);
  EXPECT_NE(call("attention", {&result, &sums}, c.inputs(), {1}).status, HEBB_OK);
  const Case many = Case{0, (1 << 30) + 1, 4, 5, 6}.filled<float>();
  result = many.result(), sums = many.log_sums();
  const Result refused = call("attention", {&result, &sums}, many.inputs(), many.attributes());
  EXPECT_EQ(refused.status, HEBB_BAD_RANGE);
  EXPECT_NE(refused.message.find("1073741825"), std::string::npos) << refused.message;
}

}  // namespace
}  // namespace hebb_test
