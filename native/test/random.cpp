// Random numbers: the published vectors of Philox, the layout of the stream, and the shape of the distributions.
#include "ops/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

Array state(int64_t seed, int64_t counter) { return Array::of<int64_t>({seed, counter}); }

void expect_words(const hebb::PhiloxBlock& block, std::vector<uint32_t> words) {
  for (int w = 0; w < 4; ++w) EXPECT_EQ(block.word[w], words[w]);
}

struct Moments {
  double mean = 0, std = 0, low = 1e300, high = -1e300;
};

Moments moments(const Array& x) {
  Moments m;
  for (int64_t i = 0; i < x.size(); ++i) {
    m.mean += x.value(i) / x.size();
    m.low = std::min(m.low, x.value(i));
    m.high = std::max(m.high, x.value(i));
  }
  for (int64_t i = 0; i < x.size(); ++i) m.std += (x.value(i) - m.mean) * (x.value(i) - m.mean) / x.size();
  m.std = std::sqrt(m.std);
  return m;
}

}  // namespace

// From the kat_vectors file of the authors' Random123 distribution.
TEST(Random, KnownAnswers) {
  expect_words(hebb::philox(0, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  expect_words(hebb::philox(~0ull, ~0ull, ~0ull), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  expect_words(hebb::philox(0x299f31d0a4093822ull, 0x85a308d3243f6a88ull, 0x0370734413198a2eull),
               {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(Random, UniformLayout) {
  const Array f = run("randomUniform", {state(7, 100)}, {11}, {0, 1}, HEBB_FLOAT32);
  const Array d = run("randomUniform", {state(7, 100)}, {5}, {0, 1}, HEBB_FLOAT64);
  for (int64_t i = 0; i < 11; ++i) {
    const uint32_t word = hebb::philox(7, 100 + i / 4).word[i % 4];
    EXPECT_EQ(f.at<float>(i), (word >> 8) * 0x1p-24f);
  }
  for (int64_t i = 0; i < 5; ++i) {
    const hebb::PhiloxBlock block = hebb::philox(7, 100 + i / 2);
    const uint64_t both = (uint64_t{block.word[i % 2 * 2]} << 32) | block.word[i % 2 * 2 + 1];
    EXPECT_EQ(d.at<double>(i), (both >> 11) * 0x1p-53);
  }
}

// A stream may be drawn in pieces: the counter moves by one for every block.
TEST(Random, StreamsContinue) {
  const Array whole = run("randomNormal", {state(3, 0)}, {4096}, {0, 1}, HEBB_FLOAT32);
  const Array rest = run("randomNormal", {state(3, 512)}, {2048}, {0, 1}, HEBB_FLOAT32);
  for (int64_t i = 0; i < 2048; ++i) EXPECT_EQ(whole.at<float>(2048 + i), rest.at<float>(i));
  const Array wrapped = run("randomUniform", {state(-1, -1)}, {8}, {0, 1}, HEBB_FLOAT32);
  EXPECT_EQ(wrapped.at<float>(4), (hebb::philox(~0ull, 0).word[0] >> 8) * 0x1p-24f);
}

TEST(Random, Distributions) {
  for (const int dtype : {HEBB_FLOAT32, HEBB_FLOAT64}) {
    const Moments u = moments(run("randomUniform", {state(1, 0)}, {200001}, {-2, 4}, dtype));
    EXPECT_NEAR(u.mean, 1, 0.02);
    EXPECT_NEAR(u.std, 6 / std::sqrt(12), 0.02);
    EXPECT_GE(u.low, -2);
    EXPECT_LT(u.high, 4);
    const Moments n = moments(run("randomNormal", {state(2, 0)}, {200001}, {5, 3}, dtype));
    EXPECT_NEAR(n.mean, 5, 0.03);
    EXPECT_NEAR(n.std, 3, 0.03);
    EXPECT_GT(n.high, 5 + 3 * 3.8);
    const Moments t = moments(run("randomTruncatedNormal", {state(3, 0)}, {200001}, {1, 2}, dtype));
    EXPECT_NEAR(t.mean, 1, 0.02);
    EXPECT_NEAR(t.std, 2 * 0.87962566103423978, 0.02);
    EXPECT_GE(t.low, 1 - 4.0000001);
    EXPECT_LE(t.high, 1 + 4.0000001);
    EXPECT_GT(t.high, 1 + 2 * 1.99);
  }
}

TEST(Random, UniformNeverReachesItsUpperBound) {
  const Array x = run("randomUniform", {state(5, 0)}, {100000}, {1e7, 1e7 + 2}, HEBB_FLOAT32);
  EXPECT_LT(moments(x).high, 1e7 + 2);
}

TEST(Random, NormalQuantile) {
  EXPECT_NEAR(hebb::normal_quantile(0.5), 0, 1e-16);
  EXPECT_NEAR(hebb::normal_quantile(0.975), 1.9599639845400545, 1e-14);
  EXPECT_NEAR(hebb::normal_quantile(0.02), -2.0537489106318225, 1e-14);
  EXPECT_NEAR(hebb::normal_quantile(1e-6), -4.753424308822899, 1e-13);
}

TEST(Random, Permutation) {
  const Array p = run("randomPermutation", {state(11, 0)}, {1000}, {}, HEBB_INT32);
  std::vector<int32_t> sorted, plain(1000);
  for (int i = 0; i < 1000; ++i) {
    sorted.push_back(p.at<int32_t>(i));
    plain[i] = i;
  }
  EXPECT_NE(sorted, plain);
  // Step by step, as documented.
  std::vector<int32_t> expected = plain;
  for (int64_t i = 0; i < 1000; ++i)
    std::swap(expected[i], expected[i + ((uint64_t{hebb::philox(11, i / 4).word[i % 4]} * (1000 - i)) >> 32)]);
  EXPECT_EQ(sorted, expected);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, plain);
  EXPECT_EQ(run("randomPermutation", {state(1, 0)}, {0}, {}, HEBB_INT32).size(), 0);
}

TEST(Random, Threads) {
  for (const char* op : {"randomUniform", "randomNormal", "randomTruncatedNormal"})
    for (const int dtype : {HEBB_FLOAT32, HEBB_FLOAT64})
      expect_thread_independent(op, {state(9, 1)}, {Array({50001}, dtype)}, {0, 1});
}

TEST(Random, Refusals) {
  const Array y({4}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_SHAPE, "randomUniform", {Array::of<int64_t>({1})}, y, {0, 1});
  expect_refused(HEBB_BAD_DTYPE, "randomUniform", {Array::of<double>({1, 2})}, y, {0, 1});
  expect_refused(HEBB_BAD_DTYPE, "randomUniform", {state(1, 1)}, Array({4}, HEBB_INT32), {0, 1});
  expect_refused(HEBB_BAD_RANGE, "randomUniform", {state(1, 1)}, y, {1, 0});
  expect_refused(HEBB_BAD_RANGE, "randomUniform", {state(1, 1)}, y, {NAN, 1});
  expect_refused(HEBB_BAD_RANGE, "randomUniform", {state(1, 1)}, y, {-3e38, 3e38});
  expect_refused(HEBB_BAD_RANGE, "randomNormal", {state(1, 1)}, y, {0, -1});
  expect_refused(HEBB_BAD_DTYPE, "randomPermutation", {state(1, 1)}, y);
}
