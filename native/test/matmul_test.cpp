// matmul against three loops in double.
#include <cmath>
#include <cstring>

#include "harness.h"

namespace hebb_test {
namespace {

struct Product {
  int64_t batch, m, n, k;
  bool transpose_a, transpose_b, shared_b, bias;
};

Attributes flags(const Product& p) { return {double(p.transpose_a), double(p.transpose_b)}; }

template <typename T>
std::vector<Array> operands(const Product& p, unsigned seed) {
  const Dims a = p.transpose_a ? Dims{p.batch, p.k, p.m} : Dims{p.batch, p.m, p.k};
  const int64_t b_batch = p.shared_b ? 1 : p.batch;
  const Dims b = p.transpose_b ? Dims{b_batch, p.n, p.k} : Dims{b_batch, p.k, p.n};
  std::vector<Array> all = {Array::random<T>(a, -1, 1, seed), Array::random<T>(b, -1, 1, seed + 1)};
  if (p.bias) all.push_back(Array::random<T>({p.n}, -1, 1, seed + 2));
  return all;
}

std::vector<double> expected(const Product& p, const std::vector<Array>& in) {
  std::vector<double> y;
  for (int64_t s = 0; s < p.batch; ++s)
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) {
        double sum = p.bias ? in[2].value(j) : 0;
        for (int64_t q = 0; q < p.k; ++q) {
          const int64_t a = s * p.m * p.k + (p.transpose_a ? q * p.m + i : i * p.k + q);
          const int64_t b = (p.shared_b ? 0 : s * p.k * p.n) + (p.transpose_b ? j * p.k + q : q * p.n + j);
          sum += in[0].value(a) * in[1].value(b);
        }
        y.push_back(sum);
      }
  return y;
}

template <typename T>
void check(const Product& p, unsigned seed) {
  SCOPED_TRACE(testing::Message() << p.batch << " x " << p.m << " x " << p.n << " x " << p.k << " flags " << p.transpose_a
                                  << p.transpose_b << p.shared_b << p.bias);
  const auto in = operands<T>(p, seed);
  const double tolerance = (sizeof(T) == 4 ? 2e-6 : 1e-14) * (1 + std::sqrt(double(p.k)));
  EXPECT_TRUE(near(run("matmul", in, {p.batch, p.m, p.n}, flags(p)), expected(p, in), tolerance, tolerance));
}

TEST(Matmul, AgreesWithLoopsOverManyShapes) {
  std::mt19937 random(7);
  const auto upto = [&](int n) { return static_cast<int64_t>(1 + random() % n); };
  for (unsigned i = 0; i < 160; ++i) {
    const int size = i % 4 == 0 ? 8 : i % 4 == 1 ? 40 : 90;
    const Product p = {upto(3),           upto(size),        upto(size),        upto(i % 8 == 7 ? 700 : size),
                       random() % 2 == 0, random() % 2 == 0, random() % 2 == 0, random() % 2 == 0};
    check<float>(p, i);
    check<double>(p, i);
  }
}

TEST(Matmul, AgreesWithLoopsAcrossEveryBlockEdge) {
  for (const bool a : {false, true})
    for (const bool b : {false, true}) {
      check<float>({1, 130, 300, 530, a, b, false, true}, 1);
      check<float>({1, 400, 33, 257, a, b, false, false}, 2);
      check<float>({1, 5000, 17, 40, a, b, false, true}, 3);
      check<float>({1, 1, 1100, 2100, a, b, false, true}, 4);
      check<float>({1, 13, 515, 300, a, b, false, true}, 5);
      // Few rows, and rows of B so short that tasks share its depth.
      check<float>({1, 5, 333, 1003, a, b, false, true}, 12);
      check<double>({1, 1, 66, 5001, a, b, false, false}, 13);
      check<float>({5, 96, 96, 96, a, b, true, true}, 6);
      check<double>({1, 130, 70, 530, a, b, false, true}, 7);
      // Several strips of columns, the last tile of part of a vector; enough rows, or elements of B, that it is packed.
      check<float>({1, 70, 1110, 270, a, b, false, true}, 8);
      check<float>({1, 1100, 600, 30, a, b, false, true}, 9);
      check<float>({1, 30, 1030, 1030, a, b, false, false}, 10);
    }
}

// Products of bfloat16 numbers are exact in double: what differs is the sum's rounding to float32, and to bfloat16 at the end.
TEST(Matmul, OfHalvesAgreesWithLoops) {
  std::mt19937 random(11);
  const auto upto = [&](int n) { return static_cast<int64_t>(1 + random() % n); };
  const Product shapes[] = {{1, 130, 300, 530, true, false, false, true}, {1, 400, 33, 257, false, true, false, false},
                            {1, 1, 1100, 700, false, false, false, true}, {20, 40, 24, 33, false, true, false, false},
                            {3, 128, 140, 96, true, true, true, true},    {1, 64, 128, 3000, true, false, false, false},
                            {1, 700, 130, 97, false, false, false, true}, {2, 301, 90, 200, false, true, true, true}};
  for (unsigned i = 0; i < 68; ++i) {
    const bool chosen = i < 8;
    const Product p = chosen ? shapes[i] : Product{upto(4),           upto(70),          upto(90),          upto(90),
                                                   random() % 2 == 0, random() % 2 == 0, random() % 2 == 0, random() % 2 == 0};
    for (const int dtype : {HEBB_BFLOAT16, HEBB_FLOAT16})
      for (const int out : {dtype, int(HEBB_FLOAT32)}) {
        SCOPED_TRACE(testing::Message() << i << " dtype " << dtype << " out " << out);
        std::vector<Array> halves, singles;
        for (const Array& x : operands<float>(p, i)) {
          halves.push_back(rounded(x, dtype));
          singles.push_back(rounded(halves.back(), HEBB_FLOAT32));
        }
        const Dims dims = {p.batch, p.m, p.n};
        const Array y = rounded(run("matmul", halves, dims, flags(p), out), HEBB_FLOAT32);
        const double relative = out == HEBB_FLOAT32 ? 1e-6 : dtype == HEBB_BFLOAT16 ? 0x1p-8 : 0x1p-10;
        EXPECT_TRUE(near(y, expected(p, singles), relative, 2e-6 * (1 + std::sqrt(double(p.k)))));
      }
  }
}

// Gradients of dense kernels, cut up in every way: both sides, the rows summed over, and a result that no cache holds.
TEST(Matmul, OfHalvesOverRowsAgreesWithLoops) {
  for (const Product& p :
       {Product{1, 395, 261, 77, true, false, false, false}, Product{1, 21, 35, 4099, true, false, false, false},
        Product{1, 13, 600, 1025, true, false, false, false}, Product{1, 4200, 2001, 3, true, false, false, false},
        Product{1, 4100, 2048, 2, true, false, false, false}, Product{1, 1, 1, 9000, true, false, false, false}}) {
    SCOPED_TRACE(testing::Message() << p.m << " x " << p.n << " x " << p.k);
    std::vector<Array> halves, singles;
    for (const Array& x : operands<float>(p, 3)) {
      halves.push_back(rounded(x, HEBB_BFLOAT16));
      singles.push_back(rounded(halves.back(), HEBB_FLOAT32));
    }
    const Array y = run("matmul", halves, {1, p.m, p.n}, flags(p), HEBB_FLOAT32);
    EXPECT_TRUE(near(y, expected(p, singles), 1e-6, 2e-6 * (1 + std::sqrt(double(p.k)))));
    expect_thread_independent("matmul", halves, {Array({1, p.m, p.n}, HEBB_FLOAT32)}, flags(p));
  }
}

TEST(Matmul, AResultThatNoCacheHolds) {
  for (const Product& p :
       {Product{1, 4200, 2001, 3, true, false, false, false}, Product{1, 4100, 2048, 70, true, false, false, false}}) {
    check<float>(p, 5);
    expect_thread_independent("matmul", operands<float>(p, 5), {Array({1, p.m, p.n}, HEBB_FLOAT32)}, flags(p));
  }
}

// More than 256 MB, which are written past the caches: rows of it are those of a small product, which is not.
TEST(Matmul, AResultPastTheCaches) {
  const int64_t m = 8190, n = 8208, k = 3, rows = 40;
  const Array a = Array::random<float>({1, m, k}, -1, 1, 1), b = Array::random<float>({1, k, n}, -1, 1, 2);
  const Array all = run("matmul", {a, b}, {1, m, n}, {0, 0});
  for (const int64_t first : {int64_t{0}, m / 2, m - rows}) {
    Array part({1, rows, k}, HEBB_FLOAT32);
    std::memcpy(part.data(), a.bytes().data() + first * k * 4, static_cast<size_t>(rows * k) * 4);
    const Array few = run("matmul", {part, b}, {1, rows, n}, {0, 0});
    EXPECT_EQ(std::memcmp(few.bytes().data(), all.bytes().data() + first * n * 4, static_cast<size_t>(rows * n) * 4), 0);
  }
}

TEST(Matmul, EmptyOperands) {
  EXPECT_ARRAY(run("matmul", {Array({1, 2, 0}, HEBB_FLOAT32), Array({1, 0, 2}, HEBB_FLOAT32)}, {1, 2, 2}, {0, 0}), {0, 0, 0, 0});
  const Array bias = Array::of<float>({1, 2});
  EXPECT_ARRAY(run("matmul", {Array({1, 2, 0}, HEBB_FLOAT32), Array({1, 0, 2}, HEBB_FLOAT32), bias}, {1, 2, 2}, {0, 0}),
               {1, 2, 1, 2});
  EXPECT_EQ(run("matmul", {Array({0, 2, 3}, HEBB_FLOAT32), Array({1, 3, 2}, HEBB_FLOAT32)}, {0, 2, 2}, {0, 0}).size(), 0);
  EXPECT_EQ(run("matmul", {Array({1, 0, 3}, HEBB_FLOAT32), Array({1, 3, 2}, HEBB_FLOAT32)}, {1, 0, 2}, {0, 0}).size(), 0);
}

TEST(Matmul, NaNAndInfinityPassThrough) {
  const Array a = Array::of<float>({NAN, 1, INFINITY, 0}, {1, 2, 2}), b = Array::of<float>({1, 1}, {1, 2, 1});
  const Array y = run("matmul", {a, b}, {1, 2, 1}, {0, 0});
  EXPECT_TRUE(std::isnan(y.value(0)));
  EXPECT_EQ(y.value(1), INFINITY);
}

TEST(Matmul, SameBitsForAnyNumberOfThreads) {
  for (const Product& p :
       {Product{1, 128, 784, 512, false, true, false, true}, Product{1, 784, 128, 600, true, false, false, false},
        Product{1, 4, 4096, 300, false, false, false, true}, Product{1, 3, 500, 1001, false, false, false, true},
        Product{1, 16, 1000, 2100, false, true, false, false}, Product{9, 40, 40, 40, false, false, false, true},
        Product{1, 4500, 64, 300, true, false, false, false}})
    expect_thread_independent("matmul", operands<float>(p, 1), {Array({p.batch, p.m, p.n}, HEBB_FLOAT32)}, flags(p));
}

TEST(Matmul, RefusesWhatDoesNotFit) {
  const Array a({1, 2, 3}, HEBB_FLOAT32), b({1, 3, 4}, HEBB_FLOAT32), y({1, 2, 4}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, Array({1, 4, 4}, HEBB_FLOAT32)}, y, {0, 0});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, b}, Array({1, 2, 5}, HEBB_FLOAT32), {0, 0});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, b}, Array({2, 4}, HEBB_FLOAT32), {0, 0});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, b}, y, {1, 0});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, b, Array({3}, HEBB_FLOAT32)}, y, {0, 0});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, Array({2, 3, 4}, HEBB_FLOAT32)}, y, {0, 0});
  expect_refused(HEBB_BAD_DTYPE, "matmul", {a, Array({1, 3, 4}, HEBB_FLOAT64)}, y, {0, 0});
  expect_refused(HEBB_BAD_DTYPE, "matmul", {Array({1, 2, 3}, HEBB_INT32), Array({1, 3, 4}, HEBB_INT32)},
                 Array({1, 2, 4}, HEBB_INT32), {0, 0});
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b}, y, {0.5, 0});
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b}, y, {NAN, 0});
}

}  // namespace
}  // namespace hebb_test
