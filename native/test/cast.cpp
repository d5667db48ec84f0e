// cast, full and arange.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

const float kNaN = std::numeric_limits<float>::quiet_NaN();
const float kInf = std::numeric_limits<float>::infinity();

Array cast(const Array& x, int dtype) { return run("cast", {x}, x.dims(), {}, dtype); }

Array halves(const std::vector<uint16_t>& bits, int dtype) {
  Array a({static_cast<int64_t>(bits.size())}, dtype);
  for (size_t i = 0; i < bits.size(); ++i) a.at<uint16_t>(i) = bits[i];
  return a;
}

}  // namespace

TEST(Cast, FloatToIntegerSaturates) {
  const Array x = Array::of<float>({1.9f, -1.9f, 300, -5, 3e9f, -3e9f, 1e30f, kNaN, kInf, -kInf});
  EXPECT_ARRAY(cast(x, HEBB_UINT8), {1, 0, 255, 0, 255, 0, 255, 0, 255, 0});
  EXPECT_ARRAY(cast(x, HEBB_INT32), {1, -1, 300, -5, 2147483647, -2147483648.0, 2147483647, 0, 2147483647, -2147483648.0});
  const Array wide = cast(x, HEBB_INT64);
  EXPECT_EQ(wide.at<int64_t>(6), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(wide.at<int64_t>(9), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(wide.at<int64_t>(4), 3000000000);
  const Array d = Array::of<double>({2147483647.5, -2147483648.5, 9.3e18, kNaN, 255.9, 256});
  EXPECT_ARRAY(cast(d, HEBB_INT32), {2147483647, -2147483648.0, 2147483647, 0, 255, 256});
  EXPECT_EQ(cast(d, HEBB_INT64).at<int64_t>(2), std::numeric_limits<int64_t>::max());
}

TEST(Cast, IntegersAndBool) {
  EXPECT_ARRAY(cast(Array::of<int64_t>({-1, 256, 4294967297}), HEBB_UINT8), {255, 0, 1});
  EXPECT_ARRAY(cast(Array::of<int64_t>({-1, 4294967297}), HEBB_INT32), {-1, 1});
  EXPECT_ARRAY(cast(Array::of<float>({0, -0.0f, 0.5f, kNaN}), HEBB_BOOL), {0, 0, 1, 1});
  EXPECT_ARRAY(cast(Array::of<int32_t>({0, 256}), HEBB_BOOL), {0, 1});
  Array odd({2}, HEBB_BOOL);
  odd.at<uint8_t>(0) = 7;
  odd.at<uint8_t>(1) = 0;
  EXPECT_ARRAY(cast(odd, HEBB_FLOAT32), {1, 0});
  EXPECT_ARRAY(cast(odd, HEBB_BOOL), {1, 0});
}

TEST(Cast, BFloat16) {
  const Array x = Array::of<float>({1, 1.00390625f, 1.01171875f, 1.0039065f, -2, kInf, kNaN, 3.4e38f});
  // Two ties, to even downwards and upwards, and one just above a tie.
  EXPECT_ARRAY(cast(x, HEBB_BFLOAT16), {0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xc000, 0x7f80, 0x7fc0, 0x7f80});
  std::vector<uint16_t> all;
  for (int b = 0; b < 65536; ++b)
    if ((b & 0x7f80) != 0 && ((b & 0x7f80) != 0x7f80 || (b & 0x7f) == 0)) all.push_back(static_cast<uint16_t>(b));
  const Array h = halves(all, HEBB_BFLOAT16);
  EXPECT_TRUE(same_bits(cast(cast(h, HEBB_FLOAT32), HEBB_BFLOAT16), h));
  EXPECT_TRUE(same_bits(cast(cast(h, HEBB_FLOAT64), HEBB_BFLOAT16), h));
}

TEST(Cast, Float16) {
  const Array x = Array::of<float>({1, 65504, 65519.996f, 65520, kInf, -kInf, kNaN, 6.1035156e-05f, 5.9604645e-08f,
                                    2.9802322e-08f, 2.98023259e-08f, 1.00048828f, 1.00146484f, -0.0f, 1e30f});
  EXPECT_ARRAY(cast(x, HEBB_FLOAT16), {0x3c00, 0x7bff, 0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x7e00, 0x0400, 0x0001, 0x0000, 0x0001,
                                       0x3c00, 0x3c02, 0x8000, 0x7c00});
  std::vector<uint16_t> all;
  for (int b = 0; b < 65536; ++b)
    if ((b & 0x7c00) != 0x7c00 || (b & 0x3ff) == 0) all.push_back(static_cast<uint16_t>(b));
  const Array h = halves(all, HEBB_FLOAT16);
  const Array f = cast(h, HEBB_FLOAT32);
  EXPECT_TRUE(same_bits(cast(f, HEBB_FLOAT16), h));
  for (size_t i = 0; i < all.size(); ++i) {
    const int exponent = all[i] >> 10 & 31, mantissa = all[i] & 1023;
    double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) value = HUGE_VAL;
    ASSERT_EQ(f.at<float>(i), all[i] & 0x8000 ? -value : value) << all[i];
  }
}

// Through float32 this would round twice, to the tie and then down.
TEST(Cast, DoubleRoundsOnce) {
  EXPECT_ARRAY(cast(Array::of<double>({1.00390625 + 1e-12, -1.00390625 - 1e-12, 1.01171875 - 1e-12}), HEBB_BFLOAT16),
               {0x3f81, 0xbf81, 0x3f81});
  EXPECT_ARRAY(cast(Array::of<double>({1.00048828125 + 1e-12}), HEBB_FLOAT16), {0x3c01});
}

TEST(Cast, EveryPairRuns) {
  for (int from = 0; from < HEBB_DTYPE_COUNT; ++from)
    for (int to = 0; to < HEBB_DTYPE_COUNT; ++to) {
      const Array source = cast(Array::of<int32_t>({0, 1, 1, 0}), from);
      EXPECT_ARRAY(cast(cast(source, to), HEBB_INT32), {0, 1, 1, 0});
    }
  expect_refused(HEBB_BAD_SHAPE, "cast", {Array({2}, HEBB_INT32)}, Array({3}, HEBB_INT64));
  const Array x = Array::random<float>({70001}, -300, 300);
  expect_thread_independent("cast", {x}, {Array({70001}, HEBB_FLOAT16)});
}

// Results that no cache holds are written past the caches.
TEST(Cast, ManyElementsAreThoseOfFew) {
  const int64_t half = (int64_t{8} << 20) + 37;
  Array x = Array::random<float>({2 * half}), few({half}, HEBB_FLOAT32);
  const Array y = run("cast", {x}, {2 * half}, {}, HEBB_BFLOAT16);
  for (int64_t part = 0; part < 2; ++part) {
    std::memcpy(few.data(), x.bytes().data() + part * half * 4, static_cast<size_t>(half) * 4);
    const Array wanted = run("cast", {few}, {half}, {}, HEBB_BFLOAT16);
    EXPECT_EQ(std::memcmp(wanted.bytes().data(), y.bytes().data() + part * half * 2, static_cast<size_t>(half) * 2), 0);
  }
}

TEST(Creation, Full) {
  const auto full = [](int dtype, double value) { return run("full", {}, {3}, {value}, dtype); };
  EXPECT_ARRAY(full(HEBB_FLOAT32, 1.5), {1.5, 1.5, 1.5});
  EXPECT_ARRAY(full(HEBB_FLOAT64, kNaN), {kNaN, kNaN, kNaN});
  EXPECT_ARRAY(full(HEBB_INT64, -7), {-7, -7, -7});
  EXPECT_ARRAY(full(HEBB_UINT8, 255), {255, 255, 255});
  EXPECT_ARRAY(full(HEBB_BOOL, 1), {1, 1, 1});
  EXPECT_ARRAY(full(HEBB_BFLOAT16, 1), {0x3f80, 0x3f80, 0x3f80});
  EXPECT_ARRAY(full(HEBB_FLOAT16, -2), {0xc000, 0xc000, 0xc000});
  EXPECT_EQ(run("full", {}, {0}, {1}, HEBB_FLOAT32).size(), 0);
  expect_refused(HEBB_BAD_RANGE, "full", {}, Array({2}, HEBB_UINT8), {256});
  expect_refused(HEBB_BAD_RANGE, "full", {}, Array({2}, HEBB_INT32), {0.5});
  expect_refused(HEBB_BAD_RANGE, "full", {}, Array({2}, HEBB_INT64), {9223372036854775808.0});
  expect_refused(HEBB_BAD_RANGE, "full", {}, Array({2}, HEBB_INT32), {kNaN});
  expect_refused(HEBB_BAD_RANGE, "full", {}, Array({2}, HEBB_BOOL), {2});
  expect_refused(HEBB_BAD_SHAPE, "full", {Array({2}, HEBB_BOOL)}, Array({2}, HEBB_BOOL), {1});
}

TEST(Creation, Arange) {
  const auto arange = [](int dtype, int64_t n, double start, double step) {
    return run("arange", {}, {n}, {start, step}, dtype);
  };
  EXPECT_ARRAY(arange(HEBB_INT32, 4, 5, -2), {5, 3, 1, -1});
  EXPECT_ARRAY(arange(HEBB_UINT8, 3, 250, -125), {250, 125, 0});
  EXPECT_ARRAY(arange(HEBB_FLOAT32, 3, 0, 0.5), {0, 0.5, 1});
  EXPECT_EQ(arange(HEBB_FLOAT32, 100001, 0, 0.1).at<float>(100000), 10000.0f);
  EXPECT_EQ(arange(HEBB_INT64, 0, 0, 1).size(), 0);
  expect_refused(HEBB_BAD_RANGE, "arange", {}, Array({300}, HEBB_UINT8), {0, 1});
  expect_refused(HEBB_BAD_RANGE, "arange", {}, Array({3}, HEBB_INT32), {0, 0.5});
  expect_refused(HEBB_BAD_DTYPE, "arange", {}, Array({3}, HEBB_BOOL), {0, 1});
}
