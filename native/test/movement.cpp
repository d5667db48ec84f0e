// Ops that only move data: copy, transpose, broadcastTo, concat, slice, pad.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

// 0, 1, 2 … in any dtype that holds the count modulo 251.
template <typename T>
Array counting(const Dims& dims) {
  std::vector<T> values(static_cast<size_t>(count(dims)));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i % 251);
  return Array::of<T>(values, dims);
}

Dims index_of(int64_t at, const Dims& dims) {
  Dims index(dims.size());
  for (int d = static_cast<int>(dims.size()) - 1; d >= 0; --d) {
    index[d] = at % dims[d];
    at /= dims[d];
  }
  return index;
}

int64_t offset_of(const Dims& index, const Dims& dims) {
  int64_t at = 0;
  for (size_t d = 0; d < dims.size(); ++d) at = at * dims[d] + index[d];
  return at;
}

template <typename T>
void check_transpose(const Dims& dims, const std::vector<int>& perm) {
  const Array x = counting<T>(dims);
  Dims out;
  for (const int p : perm) out.push_back(dims[p]);
  const Array y = run("transpose", {x}, out, Attributes(perm.begin(), perm.end()));
  for (int64_t i = 0; i < y.size(); ++i) {
    const Dims index = index_of(i, out);
    Dims from(dims.size());
    for (size_t k = 0; k < perm.size(); ++k) from[perm[k]] = index[k];
    ASSERT_EQ(y.value(i), x.value(offset_of(from, dims)));
  }
}

}  // namespace

TEST(Movement, Transpose) {
  check_transpose<float>({}, {});
  check_transpose<float>({5}, {0});
  for (const Dims& d :
       {Dims{16, 16}, Dims{17, 35}, Dims{64, 48}, Dims{1000, 3}, Dims{3, 1000}, Dims{9000, 20}, Dims{1, 9}, Dims{0, 4}}) {
    check_transpose<float>(d, {1, 0});
    check_transpose<double>(d, {1, 0});
    check_transpose<uint8_t>(d, {1, 0});
  }
  std::vector<int> perm = {0, 1, 2, 3};
  do {
    check_transpose<float>({5, 6, 18, 7}, perm);
    check_transpose<int64_t>({2, 1, 3, 33}, perm);
  } while (std::next_permutation(perm.begin(), perm.end()));
  check_transpose<float>({2, 3, 2, 2, 3, 2, 2, 2}, {7, 3, 5, 0, 6, 2, 4, 1});
  Array h({2, 3}, HEBB_BFLOAT16);
  for (int i = 0; i < 6; ++i) h.at<uint16_t>(i) = static_cast<uint16_t>(i);
  EXPECT_ARRAY(run("transpose", {h}, {3, 2}, {1, 0}), {0, 3, 1, 4, 2, 5});
}

TEST(Movement, TransposeRefusals) {
  const Array x({2, 3}, HEBB_FLOAT32), y({3, 2}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_SHAPE, "transpose", {x}, x, {1, 0});
  expect_refused(HEBB_BAD_RANGE, "transpose", {x}, y, {1, 1});
  expect_refused(HEBB_BAD_RANGE, "transpose", {x}, y, {2, 0});
  expect_refused(HEBB_BAD_RANGE, "transpose", {x}, y, {1, 0.5});
  expect_refused(HEBB_BAD_RANGE, "transpose", {x}, y, {1});
  expect_refused(HEBB_BAD_DTYPE, "transpose", {x}, Array({3, 2}, HEBB_INT32), {1, 0});
}

TEST(Movement, Copy) {
  const Array x = counting<float>({40, 1000});
  EXPECT_EQ(run("copy", {x}, {1000, 40}).bytes(), x.bytes());
  EXPECT_EQ(run("copy", {Array({0, 2}, HEBB_INT64)}, {0}).size(), 0);
  expect_refused(HEBB_BAD_SHAPE, "copy", {x}, Array({39999}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_DTYPE, "copy", {x}, Array({40000}, HEBB_INT32));
}

TEST(Movement, BroadcastTo) {
  EXPECT_ARRAY(run("broadcastTo", {Array::of<float>({1, 2}, {2, 1})}, {2, 3}), {1, 1, 1, 2, 2, 2});
  EXPECT_ARRAY(run("broadcastTo", {Array::of<float>({1, 2}, {1, 2})}, {3, 2}), {1, 2, 1, 2, 1, 2});
  EXPECT_ARRAY(run("broadcastTo", {Array::of<int64_t>({1, 2}, {1, 2, 1})}, {2, 2, 2}), {1, 1, 2, 2, 1, 1, 2, 2});
  EXPECT_EQ(run("broadcastTo", {Array({1, 1}, HEBB_BOOL)}, {0, 3}).size(), 0);
  const Array big = run("broadcastTo", {counting<float>({300, 1, 5})}, {300, 40, 5});
  for (int64_t i = 0; i < big.size(); ++i) ASSERT_EQ(big.value(i), (i / 200 * 5 + i % 5) % 251);
  expect_refused(HEBB_BAD_SHAPE, "broadcastTo", {Array({2}, HEBB_FLOAT32)}, Array({2, 2}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "broadcastTo", {Array({2, 2}, HEBB_FLOAT32)}, Array({2, 4}, HEBB_FLOAT32));
}

TEST(Movement, Concat) {
  const Array a = Array::of<float>({1, 2, 3, 4}, {2, 2}), b = Array::of<float>({5, 6}, {2, 1}), none({2, 0}, HEBB_FLOAT32);
  EXPECT_ARRAY(run("concat", {a, none, b}, {2, 3}, {1}), {1, 2, 5, 3, 4, 6});
  EXPECT_ARRAY(run("concat", {a, b.reshaped({1, 2})}, {3, 2}, {0}), {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(run("concat", {none}, {2, 0}, {1}).size(), 0);
  expect_refused(HEBB_BAD_SHAPE, "concat", {a, b}, Array({2, 4}, HEBB_FLOAT32), {1});
  expect_refused(HEBB_BAD_SHAPE, "concat", {a, b}, Array({2, 3}, HEBB_FLOAT32), {0});
  expect_refused(HEBB_BAD_SHAPE, "concat", {a, Array({2}, HEBB_FLOAT32)}, Array({2, 3}, HEBB_FLOAT32), {1});
  expect_refused(HEBB_BAD_RANGE, "concat", {a, b}, Array({2, 3}, HEBB_FLOAT32), {2});
  expect_refused(HEBB_BAD_RANGE, "concat", {Array::scalar<float>(1)}, Array({}, HEBB_FLOAT32), {0});
  expect_refused(HEBB_BAD_DTYPE, "concat", {a, Array({2, 1}, HEBB_INT32)}, Array({2, 3}, HEBB_FLOAT32), {1});
  expect_refused(HEBB_BAD_SHAPE, "concat", {}, Array({2, 3}, HEBB_FLOAT32), {1});
}

TEST(Movement, SliceAndPadAreTransposes) {
  const Dims large = {7, 11, 40}, small = {3, 11, 13};
  const Attributes window = {1, 10, 38, 2, -1, -3};
  const Array x = counting<float>(large), y = run("slice", {x}, small, window);
  Attributes with_value = window;
  with_value.push_back(-5);
  const Array z = run("pad", {y}, large, with_value);
  std::vector<double> expected(static_cast<size_t>(x.size()), -5);
  for (int64_t i = 0; i < y.size(); ++i) {
    Dims index = index_of(i, small);
    for (int d = 0; d < 3; ++d) index[d] = static_cast<int64_t>(window[d] + index[d] * window[d + 3]);
    const int64_t at = offset_of(index, large);
    ASSERT_EQ(y.value(i), x.value(at));
    expected[at] = x.value(at);
  }
  EXPECT_TRUE(near(z, expected, 0, 0));
}

TEST(Movement, SliceAndPadEdges) {
  const Array x = Array::of<int32_t>({1, 2, 3, 4});
  EXPECT_ARRAY(run("slice", {x}, {4}, {3, -1}), {4, 3, 2, 1});
  EXPECT_ARRAY(run("slice", {x}, {1}, {2, 0}), {3});
  EXPECT_EQ(run("slice", {x}, {0}, {99, 1}).size(), 0);
  EXPECT_ARRAY(run("pad", {x}, {6}, {1, 1, 9}), {9, 1, 2, 3, 4, 9});
  EXPECT_ARRAY(run("pad", {Array({0}, HEBB_INT32)}, {2}, {0, 1, 9}), {9, 9});
  EXPECT_ARRAY(run("slice", {Array::scalar<float>(3)}, {}), {3});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({2}, HEBB_INT32), {3, 1});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({2}, HEBB_INT32), {-1, 1});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({2}, HEBB_INT32), {0, -1});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({3}, HEBB_INT32), {0, 4503599627370496.0});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({2}, HEBB_INT32), {0.5, 1});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({2}, HEBB_INT32), {NAN, 1});
  expect_refused(HEBB_BAD_RANGE, "slice", {x}, Array({2}, HEBB_INT32), {1, 0});
  expect_refused(HEBB_BAD_SHAPE, "slice", {x}, Array({2, 1}, HEBB_INT32), {0, 1});
  expect_refused(HEBB_BAD_RANGE, "pad", {x}, Array({4}, HEBB_INT32), {1, 1, 0});
  expect_refused(HEBB_BAD_RANGE, "pad", {x}, Array({9}, HEBB_INT32), {1, 1, 0.5});
  expect_refused(HEBB_BAD_RANGE, "pad", {x}, Array({9}, HEBB_INT32), {1, 1});
}

TEST(Movement, Threads) {
  const Array x = counting<float>({30, 70, 90});
  expect_thread_independent("transpose", {x}, {Array({90, 30, 70}, HEBB_FLOAT32)}, {2, 0, 1});
  expect_thread_independent("transpose", {x}, {Array({70, 30, 90}, HEBB_FLOAT32)}, {1, 0, 2});
  expect_thread_independent("slice", {x}, {Array({30, 35, 90}, HEBB_FLOAT32)}, {0, 0, 89, 1, 2, -1});
  expect_thread_independent("pad", {x}, {Array({32, 72, 90}, HEBB_FLOAT32)}, {1, 1, 0, 1, 1, 1, 0});
}
