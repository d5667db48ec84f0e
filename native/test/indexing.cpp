// gather, scatterAdd, takeAlongAxis, scatterAddAlongAxis and oneHot.
#include <string>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

template <typename K>
void check_gather(int64_t outer, int64_t n, int64_t m, int64_t inner) {
  const Array x = Array::random<float>({outer, n, inner}), k = Array::random<K>({m}, 0, static_cast<double>(n));
  const Array y = run("gather", {x, k}, {outer, m, inner});
  const Array back = run("scatterAdd", {y, k}, {outer, n, inner});
  std::vector<double> expected(static_cast<size_t>(x.size()), 0);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t j = 0; j < m; ++j)
      for (int64_t i = 0; i < inner; ++i) {
        const int64_t at = (o * n + k.at<K>(j)) * inner + i;
        ASSERT_EQ(y.value((o * m + j) * inner + i), x.value(at));
        expected[at] = static_cast<float>(expected[at] + x.value(at));
      }
  EXPECT_TRUE(near(back, expected, 0, 0));
}

template <typename K>
void check_take(int64_t outer, int64_t n, int64_t m, int64_t inner) {
  const Array x = Array::random<double>({outer, n, inner}), k = Array::random<K>({outer, m, inner}, 0, static_cast<double>(n));
  const Array y = run("takeAlongAxis", {x, k}, {outer, m, inner});
  const Array back = run("scatterAddAlongAxis", {y, k}, {outer, n, inner});
  std::vector<double> expected(static_cast<size_t>(x.size()), 0);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t j = 0; j < m; ++j)
      for (int64_t i = 0; i < inner; ++i) {
        const int64_t from = (o * m + j) * inner + i, at = (o * n + k.at<K>(from)) * inner + i;
        ASSERT_EQ(y.value(from), x.value(at));
        expected[at] += x.value(at);
      }
  EXPECT_TRUE(near(back, expected, 0, 0));
}

}  // namespace

TEST(Indexing, GatherAndScatterAdd) {
  check_gather<int32_t>(1, 5, 9, 1);
  check_gather<int64_t>(3, 50, 900, 1);
  check_gather<int32_t>(2, 7, 40, 3);
  check_gather<int64_t>(1, 100, 300, 200);
  check_gather<int32_t>(2, 3, 0, 4);
  check_gather<int32_t>(0, 3, 2, 4);
  EXPECT_ARRAY(run("gather", {Array::of<bool>({true, false}, {1, 2, 1}), Array::of<int32_t>({1, 0, 0})}, {1, 3, 1}), {0, 1, 1});
  EXPECT_ARRAY(run("scatterAdd", {Array::of<uint8_t>({200, 100}, {1, 2, 1}), Array::of<int32_t>({1, 1})}, {1, 3, 1}), {0, 44, 0});
}

TEST(Indexing, AlongAxis) {
  check_take<int32_t>(1, 5, 9, 1);
  check_take<int64_t>(4, 6, 10, 150);
  check_take<int32_t>(200, 10, 3, 7);
  check_take<int32_t>(2, 3, 0, 4);
}

TEST(Indexing, OneHot) {
  EXPECT_ARRAY(run("oneHot", {Array::of<int32_t>({2, 0})}, {2, 3}, {1, 0}, HEBB_FLOAT32), {0, 0, 1, 1, 0, 0});
  EXPECT_ARRAY(run("oneHot", {Array::of<uint8_t>({1})}, {1, 2}, {5, -1}, HEBB_INT64), {-1, 5});
  EXPECT_EQ(run("oneHot", {Array({0}, HEBB_INT64)}, {0, 4}, {1, 0}, HEBB_FLOAT64).size(), 0);
  const Array y({1, 3}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_RANGE, "oneHot", {Array::of<int32_t>({3})}, y, {1, 0});
  expect_refused(HEBB_BAD_RANGE, "oneHot", {Array::of<int32_t>({-1})}, y, {1, 0});
  expect_refused(HEBB_BAD_RANGE, "oneHot", {Array::of<int32_t>({0})}, Array({1, 3}, HEBB_UINT8), {-1, 0});
  expect_refused(HEBB_BAD_SHAPE, "oneHot", {Array::of<int32_t>({0, 1})}, y, {1, 0});
  expect_refused(HEBB_BAD_DTYPE, "oneHot", {Array::of<float>({0})}, y, {1, 0});
  expect_refused(HEBB_BAD_RANGE, "oneHot", {Array::of<int32_t>({0})}, Array({1, 0}, HEBB_FLOAT32), {1, 0});
}

TEST(Indexing, OutsideIsNamed) {
  const Array x({1, 5, 2}, HEBB_FLOAT32), y({1, 3, 2}, HEBB_FLOAT32);
  for (const int64_t bad : {int64_t{5}, int64_t{-1}, int64_t{1} << 40}) {
    Array out = y;
    const Result result = call("gather", {&out}, {x, Array::of<int64_t>({0, bad, 4})});
    EXPECT_EQ(result.status, HEBB_BAD_RANGE);
    EXPECT_NE(result.message.find(std::to_string(bad)), std::string::npos) << result.message;
    EXPECT_NE(result.message.find("[0, 5)"), std::string::npos) << result.message;
  }
  expect_refused(HEBB_BAD_RANGE, "scatterAdd", {y, Array::of<int32_t>({0, 5, 1})}, x);
  expect_refused(HEBB_BAD_RANGE, "takeAlongAxis", {x, Array::of<int32_t>({0, 1, 2, 3, 4, 5}, {1, 3, 2})}, y);
  expect_refused(HEBB_BAD_RANGE, "scatterAddAlongAxis", {y, Array::of<int32_t>({0, 1, 2, 3, 4, -5}, {1, 3, 2})}, x);
  expect_refused(HEBB_BAD_RANGE, "gather", {Array({1, 0, 2}, HEBB_FLOAT32), Array::of<int32_t>({0, 0, 0})}, y);
}

TEST(Indexing, Refusals) {
  const Array x({1, 5, 2}, HEBB_FLOAT32), y({1, 3, 2}, HEBB_FLOAT32), k = Array::of<int32_t>({0, 1, 2});
  expect_refused(HEBB_BAD_SHAPE, "gather", {x, k}, Array({1, 4, 2}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "gather", {x, k}, Array({2, 3, 2}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "gather", {x, k}, Array({1, 3, 3}, HEBB_FLOAT32));
  expect_refused(HEBB_BAD_SHAPE, "gather", {x, k.reshaped({3, 1})}, y);
  expect_refused(HEBB_BAD_SHAPE, "gather", {x}, y);
  expect_refused(HEBB_BAD_DTYPE, "gather", {x, Array::of<float>({0, 1, 2})}, y);
  expect_refused(HEBB_BAD_DTYPE, "gather", {x, k}, Array({1, 3, 2}, HEBB_INT32));
  expect_refused(HEBB_BAD_DTYPE, "scatterAdd", {Array({1, 3, 2}, HEBB_BOOL), k}, Array({1, 5, 2}, HEBB_BOOL));
  expect_refused(HEBB_BAD_SHAPE, "takeAlongAxis", {x, k}, y);
  expect_refused(HEBB_BAD_SHAPE, "scatterAddAlongAxis", {y, Array({1, 2, 2}, HEBB_INT32)}, x);
}

TEST(Indexing, Threads) {
  const Array g = Array::random<float>({2, 3000, 130}), k = Array::random<int32_t>({3000}, 0, 50);
  expect_thread_independent("scatterAdd", {g, k}, {Array({2, 50, 130}, HEBB_FLOAT32)});
  expect_thread_independent("gather", {g, k}, {Array({2, 3000, 130}, HEBB_FLOAT32)});
  const Array along = Array::random<int64_t>({2, 3000, 130}, 0, 50);
  expect_thread_independent("scatterAddAlongAxis", {g, along}, {Array({2, 50, 130}, HEBB_FLOAT32)});
}
