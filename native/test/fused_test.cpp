// Elementwise programs: what hostile ones are answered, and broadcasting. Values are compared with the ops' in TypeScript.
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

constexpr double kCopy = 25, kBFloat16 = 27, kFloat16 = 28, kAdd = 33, kMul = 35, kGreater = 43, kWhere = 53;

TEST(Fused, RunsInstructions) {
  const Array x = Array::of<float>({1, 2, 3, 4}), row = Array::of<float>({10, 20}), one = Array::scalar<float>(0.5f);
  // out = (x + row) * one, row along the last axis, then along the first.
  EXPECT_ARRAY(run("fused", {x, row, one}, {4}, {1, 2, 1, 1, 1, kAdd, 4, 0, 1, 0, 0, kMul, 3, 4, 2, 0, 0}), {5.5, 11, 6.5, 12});
  EXPECT_ARRAY(run("fused", {x, row, one}, {4}, {1, 2, 1, 2, 1, kAdd, 4, 0, 1, 0, 0, kMul, 3, 4, 2, 0, 0}), {5.5, 6, 11.5, 12});
  const Array mask = Array::of<bool>({true, false, false, true});
  EXPECT_ARRAY(run("fused", {mask, x, one}, {4}, {0, 1, 1, 1, 1, kWhere, 3, 0, 1, 2, 0}, HEBB_FLOAT32), {1, 0.5, 0.5, 4});
  EXPECT_ARRAY(run("fused", {mask}, {4}, {0, 1, 1, kCopy, 1, 0, 0, 0, 0}, HEBB_BOOL), {1, 0, 0, 1});
  EXPECT_EQ(run("fused", {Array({0}, HEBB_FLOAT32)}, {0}, {0, 1, 1, kCopy, 1, 0, 0, 0, 0}).size(), 0);
}

struct Step {
  double op, to, a, b;
};

Attributes program(double temporaries, const std::vector<double>& repeats, const std::vector<Step>& code) {
  Attributes words = {temporaries, static_cast<double>(code.size())};
  words.insert(words.end(), repeats.begin(), repeats.end());
  for (const auto [op, to, a, b] : code) words.insert(words.end(), {op, to, a, b, 0, 0});
  return words;
}

double rounding(int dtype) { return dtype == HEBB_BFLOAT16 ? kBFloat16 : kFloat16; }

// x · row + 1 in 16 bits, whether it is greater than row, and the same in float32: the bits of the ops one after another.
TEST(Fused, RoundsWhereOpsWould) {
  for (const int dtype : {HEBB_BFLOAT16, HEBB_FLOAT16})
    for (const int64_t columns : {1, 7, 1000, 1025}) {
      const Dims dims = {41, columns};
      const Array x = rounded(Array::random<float>(dims), dtype), row = rounded(Array::random<float>({columns}, -1, 1, 2), dtype);
      const Array one = rounded(Array::scalar<float>(1), dtype);
      Array y(dims, dtype), greater(dims, HEBB_BOOL), wide(dims, HEBB_FLOAT32);
      const Attributes attributes = program(1, {1, 1, 1},
                                            {{kMul, 6, 0, 1},
                                             {rounding(dtype), 6, 6, 0},
                                             {kAdd, 6, 6, 2},
                                             {rounding(dtype), 3, 6, 0},
                                             {kGreater, 4, 3, 1},
                                             {kCopy, 5, 3, 0}});
      const Result result = call("fused", {&y, &greater, &wide}, {x, row, one}, attributes);
      ASSERT_EQ(result.status, HEBB_OK) << result.message;
      const Array wanted = run("add", {run("mul", {x, row}, dims), one}, dims);
      EXPECT_TRUE(same_bits(y, wanted));
      EXPECT_TRUE(same_bits(greater, run("greater", {wanted, row}, dims, {}, HEBB_BOOL)));
      EXPECT_TRUE(same_bits(wide, rounded(wanted, HEBB_FLOAT32)));
      expect_thread_independent("fused", {x, row, one}, {y, greater, wide}, attributes);
    }
}

TEST(Fused, Threads) {
  const Array x = Array::random<double>({100, 1003}), row = Array::random<double>({1003}), column = Array::random<double>({100});
  expect_thread_independent("fused", {x, row, column}, {x, x}, {0, 2, 1, 1, 1003, kAdd, 3, 0, 1, 0, 0, kMul, 4, 3, 2, 0, 0});
}

// y = a · b, its sum and the mean of a over the middle of `form`; the arrays as the ops of those names give them, to the bit.
void expect_sums(const Dims& form, int dtype) {
  const Array a = rounded(Array::random<double>(form, -1, 1, 1), dtype);
  const Array b = rounded(Array::random<double>({form[2]}, -1, 1, 2), dtype);
  Array product(form, dtype), sum({form[0], form[2]}, dtype), mean = sum;
  const bool half = dtype == HEBB_BFLOAT16 || dtype == HEBB_FLOAT16;
  Attributes attributes = program(0, {1, 1}, {{kMul, 2, 0, 1}, {half ? rounding(dtype) : kCopy, 2, 2, 0}});
  for (const int64_t d : form) attributes.push_back(static_cast<double>(d));
  attributes.insert(attributes.end(), {2, 0, 0, 1});
  const Result result = call("fused", {&product, &sum, &mean}, {a, b}, attributes);
  ASSERT_EQ(result.status, HEBB_OK) << result.message;
  EXPECT_TRUE(same_bits(product, run("mul", {a, b}, form)));
  EXPECT_TRUE(same_bits(sum, run("sum", {product}, sum.dims())));
  EXPECT_TRUE(same_bits(mean, run("mean", {a}, mean.dims())));
  expect_thread_independent("fused", {a, b}, {product, sum, mean}, attributes);
}

TEST(Fused, SumsHaveTheBitsOfTheOps) {
  for (const Dims& form :
       {Dims{1, 1, 1},      Dims{3, 1, 1},     Dims{500, 7, 1},   Dims{40, 1023, 1}, Dims{40, 1024, 1}, Dims{9, 4095, 1},
        Dims{9, 4096, 1},   Dims{5, 4097, 1},  Dims{2, 70001, 1}, Dims{1, 1, 5},     Dims{1, 9, 3},     Dims{1, 30001, 3},
        Dims{1, 4097, 128}, Dims{1, 129, 129}, Dims{1, 200, 256}, Dims{1, 200, 257}, Dims{1, 70, 1024}, Dims{1, 70, 4096},
        Dims{1, 70, 4097},  Dims{1, 3, 9001},  Dims{7, 65, 40},   Dims{40, 3, 1030}}) {
    for (const int dtype : {HEBB_FLOAT32, HEBB_FLOAT64, HEBB_BFLOAT16, HEBB_FLOAT16}) expect_sums(form, dtype);
  }
}

TEST(Fused, SumsOfNothing) {
  const Array x({3, 0, 2}, HEBB_FLOAT32);
  EXPECT_ARRAY(run("fused", {x}, {3, 2}, {0, 0, 1, 3, 0, 2, 0, 0}), {0, 0, 0, 0, 0, 0});
  EXPECT_EQ(run("fused", {x}, {0, 2}, {0, 0, 1, 0, 5, 2, 0, 1}).size(), 0);
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, Array({3, 2}, HEBB_FLOAT32), {0, 0, 1, 3, 0, 2, 0, 1});
}

TEST(Fused, RefusesHostileSums) {
  const Array x = Array::random<float>({2, 3, 4});
  const Attributes good = {1, 1, 1, kCopy, 1, 0, 0, 0, 0, 2, 3, 4, 1, 0};
  EXPECT_TRUE(same_bits(run("fused", {x}, {2, 4}, good), run("sum", {x}, {2, 4})));
  const Array y({2, 4}, HEBB_FLOAT32);
  const auto with = [&](size_t at, double value) {
    Attributes bad = good;
    bad[at] = value;
    return bad;
  };
  for (const double value : {-1.0, 1e18, 0.5, double(NAN), double(INFINITY)})
    for (size_t at = 9; at < 14; ++at) expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(at, value));
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(12, 2));               // no such register
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(13, 2));               // neither sum nor mean
  expect_refused(HEBB_BAD_SHAPE, "fused", {x}, y, with(9, 3));                // not the output's size
  expect_refused(HEBB_BAD_SHAPE, "fused", {x}, y, with(11, 5));               // the same
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, {1, 0, 1, 2, 3, 4, 1, 0});  // a register that nothing writes
  Attributes huge = with(9, 4194304);
  huge[10] = huge[11] = 4194304;
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, huge);
  for (const size_t size : {10, 11, 12, 13}) {
    Attributes cut = good;
    cut.resize(size);
    expect_refused(HEBB_INTERNAL, "fused", {x}, y, cut);
  }
  Attributes many = good;
  many.insert(many.end(), {1, 0});
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, many);  // more sums than outputs
  expect_refused(HEBB_BAD_DTYPE, "fused", {x}, Array({2, 4}, HEBB_FLOAT64), good);
  expect_refused(HEBB_BAD_DTYPE, "fused", {x}, Array({2, 4}, HEBB_BOOL), good);
  // An output of all elements, which is not as large as the sum's form.
  Array all({2, 3}, HEBB_FLOAT32), sums({2, 4}, HEBB_FLOAT32);
  EXPECT_EQ(call("fused", {&all, &sums}, {x}, good).status, HEBB_BAD_SHAPE);
}

TEST(Fused, RefusesHostilePrograms) {
  const Array x = Array::random<float>({4}), y({4}, HEBB_FLOAT32);
  const Attributes good = {1, 2, 1, kCopy, 2, 0, 0, 0, 0, kCopy, 1, 2, 0, 0, 0};
  EXPECT_ARRAY(run("fused", {x}, {4}, good), {x.value(0), x.value(1), x.value(2), x.value(3)});
  const auto with = [&](size_t at, double value) {
    Attributes bad = good;
    bad[at] = value;
    return bad;
  };
  for (const double value : {-1.0, 1e9, 0.5, double(NAN), double(INFINITY)}) {
    expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(0, value));  // temporaries
    expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(1, value));  // instructions
    expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(3, value));  // opcode
    expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(4, value));  // target
    expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(5, value));  // operand
    expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(6, value));  // unused operand
  }
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(2, 0));   // repeats
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(4, 0));   // writes an input
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(5, 2));   // reads before writing
  expect_refused(HEBB_BAD_RANGE, "fused", {x}, y, with(10, 2));  // the output is never written
  expect_refused(HEBB_INTERNAL, "fused", {x}, y, with(1, 1));
  expect_refused(HEBB_INTERNAL, "fused", {x}, y, {});
  expect_refused(HEBB_BAD_DTYPE, "fused", {Array::of<int32_t>({1, 2, 3, 4})}, y, good);
  expect_refused(HEBB_BAD_DTYPE, "fused", {Array::of<double>({1, 2, 3, 4})}, y, good);
  expect_refused(HEBB_BAD_DTYPE, "fused", {rounded(x, HEBB_BFLOAT16)}, Array({4}, HEBB_FLOAT64), good);
  expect_refused(HEBB_BAD_SHAPE, "fused", {Array({0}, HEBB_FLOAT32)}, y, good);
  const std::vector<Array> many(95, x);
  Attributes attributes(2 + 95 + 6, 1);
  attributes[0] = 1, attributes[1] = 1;
  expect_refused(HEBB_BAD_RANGE, "fused", many, y, attributes);
  // An input larger than the output is read from its start on.
  EXPECT_ARRAY(run("fused", {x}, {2}, good), {x.value(0), x.value(1)});
}

}  // namespace
}  // namespace hebb_test
