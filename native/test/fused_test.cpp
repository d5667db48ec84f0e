// Elementwise programs: what hostile ones are answered, and broadcasting. Values are compared with the ops' in TypeScript.
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

constexpr double kCopy = 25, kAdd = 31, kMul = 33, kWhere = 51;

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

TEST(Fused, Threads) {
  const Array x = Array::random<double>({100, 1003}), row = Array::random<double>({1003}), column = Array::random<double>({100});
  expect_thread_independent("fused", {x, row, column}, {x, x}, {0, 2, 1, 1, 1003, kAdd, 3, 0, 1, 0, 0, kMul, 4, 3, 2, 0, 0});
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
