// lstm and its gradient against a plain loop in double.
#include <array>
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Sequence {
  int64_t rows, steps, units;
  Array projected, kernel, h0, c0;

  template <typename T>
  static Sequence random(int64_t n, int64_t t, int64_t units) {
    const double scale = 1 / std::sqrt(double(units));
    return {n,
            t,
            units,
            Array::random<T>({n, t, 4 * units}, -2, 2, 1),
            Array::random<T>({units, 4 * units}, -scale, scale, 2),
            Array::random<T>({n, units}, -1, 1, 3),
            Array::random<T>({n, units}, -1, 1, 4)};
  }
  Array sequence() const { return Array({rows, steps, units}, projected.dtype()); }
  Array gates() const { return Array(projected.dims(), projected.dtype()); }
  Array state() const { return Array(h0.dims(), h0.dtype()); }
};

struct Outputs {
  std::vector<double> h, cells, gates;
};

Outputs expected_outputs(const Sequence& s) {
  const int64_t units = s.units, columns = 4 * units;
  Outputs out;
  out.h.resize(s.rows * s.steps * units), out.cells.resize(out.h.size()), out.gates.resize(4 * out.h.size());
  for (int64_t n = 0; n < s.rows; ++n)
    for (int64_t t = 0; t < s.steps; ++t) {
      const int64_t row = n * s.steps + t;
      for (int64_t j = 0; j < columns; ++j) {
        double z = s.projected.value(row * columns + j);
        for (int64_t k = 0; k < units; ++k)
          z += (t == 0 ? s.h0.value(n * units + k) : out.h[(row - 1) * units + k]) * s.kernel.value(k * columns + j);
        out.gates[row * columns + j] = j / units == 2 ? std::tanh(z) : sigmoid(z);
      }
      const double* gate = out.gates.data() + row * columns;
      for (int64_t j = 0; j < units; ++j) {
        const double before = t == 0 ? s.c0.value(n * units + j) : out.cells[(row - 1) * units + j];
        out.cells[row * units + j] = gate[units + j] * before + gate[j] * gate[2 * units + j];
        out.h[row * units + j] = gate[3 * units + j] * std::tanh(out.cells[row * units + j]);
      }
    }
  return out;
}

// Σ h·dh + cells·dcells + gates·dgates, whose slopes are what lstmGrad gives.
double loss(const Sequence& s, const Array& dh, const Array* dcells, const Array* dgates) {
  const Outputs out = expected_outputs(s);
  double sum = 0;
  for (int64_t i = 0; i < dh.size(); ++i) sum += out.h[i] * dh.value(i) + (dcells ? out.cells[i] * dcells->value(i) : 0);
  for (int64_t i = 0; dgates && i < dgates->size(); ++i) sum += out.gates[i] * dgates->value(i);
  return sum;
}

template <typename T>
void check_values(int64_t n, int64_t t, int64_t units) {
  SCOPED_TRACE(testing::Message() << n << " x " << t << " x " << units);
  const Sequence s = Sequence::random<T>(n, t, units);
  Array h = s.sequence(), cells = s.sequence(), gates = s.gates();
  ASSERT_EQ(call("lstm", {&h, &cells, &gates}, {s.projected, s.kernel, s.h0, s.c0}).status, HEBB_OK);
  const Outputs out = expected_outputs(s);
  const double tolerance = sizeof(T) == 4 ? 5e-6 : 1e-12;
  EXPECT_TRUE(near(h, out.h, tolerance, tolerance));
  EXPECT_TRUE(near(cells, out.cells, tolerance, tolerance));
  EXPECT_TRUE(near(gates, out.gates, tolerance, tolerance));
}

TEST(Lstm, AgreesWithTheFormula) {
  check_values<float>(1, 1, 1);
  check_values<float>(3, 5, 7);
  check_values<float>(30, 4, 64);
  check_values<float>(5, 3, 300);
  check_values<double>(3, 5, 7);
  check_values<double>(14, 3, 70);
}

// Central differences of the plain loop at every element of one input.
std::vector<double> slopes(Sequence s, Array Sequence::*input, const Array& dh, const Array* dcells, const Array* dgates) {
  std::vector<double> found;
  Array& x = s.*input;
  for (int64_t i = 0; i < x.size(); ++i) {
    const double value = x.at<double>(i), step = 1e-5;
    x.at<double>(i) = value + step;
    const double up = loss(s, dh, dcells, dgates);
    x.at<double>(i) = value - step;
    found.push_back((up - loss(s, dh, dcells, dgates)) / (2 * step));
    x.at<double>(i) = value;
  }
  return found;
}

void check_gradient(int64_t n, int64_t t, int64_t units, bool more) {
  SCOPED_TRACE(testing::Message() << n << " x " << t << " x " << units << (more ? ", all gradients" : ""));
  const Sequence s = Sequence::random<double>(n, t, units);
  Array h = s.sequence(), cells = s.sequence(), gates = s.gates(), dprojected = s.gates(), dh0 = s.state(), dc0 = s.state();
  ASSERT_EQ(call("lstm", {&h, &cells, &gates}, {s.projected, s.kernel, s.h0, s.c0}).status, HEBB_OK);
  const Array dh = Array::random<double>(h.dims(), -1, 1, 5), dcells = Array::random<double>(h.dims(), -1, 1, 6);
  const Array dgates = Array::random<double>(gates.dims(), -1, 1, 7);
  std::vector<Array> inputs = {dh, s.kernel, gates, cells, s.c0};
  if (more) inputs.insert(inputs.end(), {dcells, dgates});
  ASSERT_EQ(call("lstmGrad", {&dprojected, &dh0, &dc0}, inputs).status, HEBB_OK);
  const Array *c = more ? &dcells : nullptr, *g = more ? &dgates : nullptr;
  EXPECT_TRUE(near(dprojected, slopes(s, &Sequence::projected, dh, c, g), 1e-7, 1e-8));
  EXPECT_TRUE(near(dh0, slopes(s, &Sequence::h0, dh, c, g), 1e-7, 1e-8));
  EXPECT_TRUE(near(dc0, slopes(s, &Sequence::c0, dh, c, g), 1e-7, 1e-8));
}

TEST(Lstm, GradientAgreesWithDifferences) {
  check_gradient(1, 1, 1, false);
  check_gradient(3, 4, 5, false);
  check_gradient(3, 4, 5, true);
  check_gradient(2, 3, 17, true);
}

TEST(Lstm, DoesNotDependOnThreads) {
  for (const int64_t rows : {1, 7, 33}) {
    const Sequence s = Sequence::random<float>(rows, 3, 100);
    const Array gates = Array::random<float>(s.projected.dims(), 0, 1, 8), sequence = Array::random<float>({rows, 3, 100});
    expect_thread_independent("lstm", {s.projected, s.kernel, s.h0, s.c0}, {s.sequence(), s.sequence(), s.gates()});
    expect_thread_independent("lstmGrad", {sequence, s.kernel, gates, sequence, s.c0}, {s.gates(), s.state(), s.state()});
  }
}

TEST(Lstm, InPlace) {
  const Sequence s = Sequence::random<float>(5, 3, 20);
  Array h = s.sequence(), cells = s.sequence(), gates = s.gates(), dprojected = s.gates(), dh0 = s.state(), dc0 = s.state();
  ASSERT_EQ(call("lstm", {&h, &cells, &gates}, {s.projected, s.kernel, s.h0, s.c0}).status, HEBB_OK);
  ASSERT_EQ(call("lstmGrad", {&dprojected, &dh0, &dc0}, {h, s.kernel, gates, cells, s.c0}).status, HEBB_OK);
  Array both = s.projected;
  hebb_error error = {};
  const hebb_view in[] = {both.view(), s.kernel.view(), s.h0.view(), s.c0.view()};
  const hebb_view out[] = {h.view(), cells.view(), both.view()};
  const hebb_call forward = {opcode("lstm"), 3, 4, 0, out, in, nullptr};
  ASSERT_EQ(table().run(&forward, &error), HEBB_OK);
  EXPECT_TRUE(same_bits(both, gates));
  const hebb_view grad_in[] = {h.view(), s.kernel.view(), both.view(), cells.view(), s.c0.view()};
  const hebb_view grad_out[] = {both.view(), dh0.view(), dc0.view()};
  const hebb_call backward = {opcode("lstmGrad"), 3, 5, 0, grad_out, grad_in, nullptr};
  ASSERT_EQ(table().run(&backward, &error), HEBB_OK);
  EXPECT_TRUE(same_bits(both, dprojected));
}

TEST(Lstm, Empty) {
  for (const auto& [n, t, units] : {std::array<int64_t, 3>{0, 3, 2}, {2, 0, 3}, {2, 3, 0}, {0, 0, 0}}) {
    const Sequence s = Sequence::random<float>(n, t, units);
    Array h = s.sequence(), cells = s.sequence(), gates = s.gates(), dprojected = s.gates(), dh0 = s.state(), dc0 = s.state();
    EXPECT_EQ(call("lstm", {&h, &cells, &gates}, {s.projected, s.kernel, s.h0, s.c0}).status, HEBB_OK);
    EXPECT_EQ(call("lstmGrad", {&dprojected, &dh0, &dc0}, {h, s.kernel, gates, cells, s.c0}).status, HEBB_OK);
    EXPECT_TRUE(near(dh0, std::vector<double>(n * units, 0), 0, 0));
    EXPECT_TRUE(near(dc0, std::vector<double>(n * units, 0), 0, 0));
  }
}

// Every operand in turn with another shape, then with another dtype.
void expect_every_operand_checked(const std::string& op, const std::vector<Array>& inputs, const std::vector<Array>& outputs) {
  const auto refused = [&](size_t changed, Array other, int status) {
    std::vector<Array> in = inputs, out = outputs;
    (changed < in.size() ? in[changed] : out[changed - in.size()]) = std::move(other);
    std::vector<Array*> pointers;
    for (Array& output : out) pointers.push_back(&output);
    const Result result = call(op, pointers, in);
    EXPECT_EQ(result.status, status) << "operand " << changed;
    EXPECT_EQ(result.message.find(op), 0u) << result.message;
  };
  for (size_t i = 0; i < inputs.size() + outputs.size(); ++i) {
    const Array& operand = i < inputs.size() ? inputs[i] : outputs[i - inputs.size()];
    Dims longer = operand.dims();
    longer[0] += 1;
    refused(i, Array(longer, operand.dtype()), HEBB_BAD_SHAPE);
    refused(i, Array(operand.dims(), HEBB_FLOAT64), HEBB_BAD_DTYPE);
  }
  refused(0, Array(inputs[0].dims(), HEBB_INT32), HEBB_BAD_DTYPE);
}

TEST(Lstm, RefusesWhatDoesNotFit) {
  const Sequence s = Sequence::random<float>(2, 3, 4);
  const Array sequence = Array::random<float>({2, 3, 4});
  expect_every_operand_checked("lstm", {s.projected, s.kernel, s.h0, s.c0}, {s.sequence(), s.sequence(), s.gates()});
  const std::vector<Array> outputs = {s.gates(), s.state(), s.state()};
  expect_every_operand_checked("lstmGrad", {sequence, s.kernel, s.projected, sequence, s.c0}, outputs);
  expect_every_operand_checked("lstmGrad", {sequence, s.kernel, s.projected, sequence, s.c0, sequence, s.projected}, outputs);
}

}  // namespace
}  // namespace hebb_test
