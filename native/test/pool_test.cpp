// Pooling against plain loops.
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

struct Pool {
  int64_t n, h, w, c, kh, kw;
  int64_t sh = 1, sw = 1, top = 0, bottom = 0, left = 0, right = 0;

  int64_t oh() const { return (h + top + bottom - kh) / sh + 1; }
  int64_t ow() const { return (w + left + right - kw) / sw + 1; }
  Dims x() const { return {n, h, w, c}; }
  Dims y() const { return {n, oh(), ow(), c}; }
  Attributes attributes() const {
    return {double(kh), double(kw), double(sh), double(sw), double(top), double(bottom), double(left), double(right)};
  }
  Attributes attributes(bool count_padding) const {
    Attributes a = attributes();
    a.push_back(count_padding);
    return a;
  }
};

// visit(output index, input index, pixel, elements of the window, with its padding) for each element of each window.
template <typename Visit>
void for_windows(const Pool& s, const Visit& visit) {
  for (int64_t n = 0; n < s.n; ++n)
    for (int64_t oy = 0; oy < s.oh(); ++oy)
      for (int64_t ox = 0; ox < s.ow(); ++ox) {
        const int64_t y0 = oy * s.sh - s.top, x0 = ox * s.sw - s.left;
        const int64_t y1 = std::min(y0 + s.kh, s.h + s.bottom), x1 = std::min(x0 + s.kw, s.w + s.right);
        const int64_t top = std::max<int64_t>(y0, 0), left = std::max<int64_t>(x0, 0);
        const int64_t bottom = std::min(y1, s.h), right = std::min(x1, s.w);
        for (int64_t y = top; y < bottom; ++y)
          for (int64_t x = left; x < right; ++x)
            for (int64_t c = 0; c < s.c; ++c)
              visit(((n * s.oh() + oy) * s.ow() + ox) * s.c + c, ((n * s.h + y) * s.w + x) * s.c + c, y * s.w + x,
                    (bottom - top) * (right - left), (y1 - y0) * (x1 - x0));
      }
}

Pool random_pool(std::mt19937& random) {
  const auto upto = [&](int n) { return static_cast<int64_t>(1 + random() % n); };
  Pool s = {upto(3), 4 + upto(9), 4 + upto(9), upto(80), upto(4), upto(4)};
  s.sh = upto(3), s.sw = upto(3);
  s.top = random() % s.kh, s.bottom = random() % s.kh, s.left = random() % s.kw, s.right = random() % s.kw;
  return s;
}

template <typename T>
void check_max(const Pool& s, const Array& x) {
  Array y(s.y(), dtype_of<T>()), k(s.y(), HEBB_INT32);
  const Result result = call("maxPool2d", {&y, &k}, {x}, s.attributes());
  ASSERT_EQ(result.status, HEBB_OK) << result.message;
  std::vector<double> best(y.size()), where(y.size(), -1);
  for_windows(s, [&](int64_t o, int64_t i, int64_t pixel, int64_t, int64_t) {
    const double v = x.value(i);
    if (where[o] < 0 || v > best[o] || (std::isnan(v) && !std::isnan(best[o]))) best[o] = v, where[o] = pixel;
  });
  EXPECT_TRUE(near(y, best, 0, 0));
  EXPECT_TRUE(near(k, where, 0, 0));
  EXPECT_TRUE(same_bits(y, run("maxPool2d", {x}, s.y(), s.attributes())));
}

TEST(MaxPool2d, AgreesWithLoops) {
  std::mt19937 random(3);
  for (unsigned i = 0; i < 40; ++i) {
    const Pool s = random_pool(random);
    check_max<float>(s, Array::random<float>(s.x(), -9, 9, i));
    check_max<double>(s, Array::random<double>(s.x(), -9, 9, i));
  }
}

TEST(MaxPool2d, NaNWinsEqualsKeepTheFirstAndPaddingNeverWins) {
  const Pool s = {1, 3, 3, 1, 2, 2, 1, 1, 1, 1, 1, 1};
  check_max<float>(s, Array::of<float>({-1, -1, -1, -1, NAN, -1, NAN, -INFINITY, -INFINITY}, s.x()));
}

TEST(AvgPool2d, ValueAndGradientAgreeWithLoops) {
  std::mt19937 random(5);
  for (unsigned i = 0; i < 40; ++i) {
    const Pool s = random_pool(random);
    const bool padding = i % 2 == 0;
    const Array x = Array::random<float>(s.x(), -1, 1, i), g = Array::random<float>(s.y(), -1, 1, i + 1);
    std::vector<double> y(g.size()), dx(x.size());
    for_windows(s, [&](int64_t o, int64_t j, int64_t, int64_t inside, int64_t padded) {
      y[o] += x.value(j) / double(padding ? padded : inside);
      dx[j] += g.value(o) / double(padding ? padded : inside);
    });
    EXPECT_TRUE(near(run("avgPool2d", {x}, s.y(), s.attributes(padding)), y, 1e-6, 1e-6));
    EXPECT_TRUE(near(run("avgPool2dGrad", {g}, s.x(), s.attributes(padding)), dx, 1e-6, 2e-6));
  }
}

TEST(AvgPool2d, GradientsOfActivationsFollowWithTheBitsOfTheirOps) {
  std::mt19937 random(6);
  const Attributes codes = {7, 8, 9};
  const char* const ops[] = {"reluGrad", "tanhGrad", "sigmoidGrad"};
  for (unsigned i = 0; i < 30; ++i) {
    const Pool s = random_pool(random);
    const Array g = Array::random<float>(s.y(), -1, 1, i), y = Array::random<float>(s.x(), -1, 1, i + 1);
    Attributes attributes = s.attributes(i % 2 == 0);
    const Array dx = run(ops[i % 3], {run("avgPool2dGrad", {g}, s.x(), attributes), y}, s.x());
    attributes.push_back(codes[i % 3]);
    EXPECT_TRUE(same_bits(run("avgPool2dGrad", {g, y}, s.x(), attributes), dx));
  }
}

TEST(AvgPool2d, RefusesActivationsThatAreNone) {
  const Pool s = {1, 4, 4, 2, 2, 2, 2, 2};
  const Array g(s.y(), HEBB_FLOAT32), y(s.x(), HEBB_FLOAT32), dx = y;
  for (const double code : {0.0, 6.0, 10.0, 7.5, -1.0}) {
    Attributes attributes = s.attributes(true);
    attributes.push_back(code);
    expect_refused(HEBB_BAD_RANGE, "avgPool2dGrad", {g, y}, dx, attributes);
  }
  Attributes attributes = s.attributes(true);
  attributes.push_back(8);
  expect_refused(HEBB_BAD_SHAPE, "avgPool2dGrad", {g, g}, dx, attributes);
  expect_refused(HEBB_BAD_DTYPE, "avgPool2dGrad", {g, Array(s.x(), HEBB_FLOAT64)}, dx, attributes);
}

TEST(Pool2d, SameBitsForAnyNumberOfThreads) {
  const Pool s = {4, 32, 32, 48, 3, 3, 2, 2, 1, 1, 1, 1};
  const Array x = Array::random<float>(s.x()), g = Array::random<float>(s.y());
  expect_thread_independent("maxPool2d", {x}, {Array(s.y(), HEBB_FLOAT32), Array(s.y(), HEBB_INT32)}, s.attributes());
  expect_thread_independent("avgPool2d", {x}, {Array(s.y(), HEBB_FLOAT32)}, s.attributes(false));
  expect_thread_independent("avgPool2dGrad", {g}, {Array(s.x(), HEBB_FLOAT32)}, s.attributes(false));
}

TEST(Pool2d, EmptyOperands) {
  const Pool none = {0, 4, 4, 3, 2, 2}, narrow = {2, 4, 4, 0, 2, 2};
  for (const Pool& s : {none, narrow}) {
    EXPECT_EQ(run("maxPool2d", {Array(s.x(), HEBB_FLOAT32)}, s.y(), s.attributes()).size(), 0);
    EXPECT_EQ(run("avgPool2dGrad", {Array(s.y(), HEBB_FLOAT32)}, s.x(), s.attributes(true)).size(), 0);
  }
}

TEST(Pool2d, RefusesWhatDoesNotFit) {
  const Pool s = {1, 5, 5, 2, 2, 2, 2, 2};
  const Array x(s.x(), HEBB_FLOAT32), y(s.y(), HEBB_FLOAT32);
  const auto refuse = [&](int status, size_t attribute, double value) {
    Attributes a = s.attributes();
    a[attribute] = value;
    expect_refused(status, "maxPool2d", {x}, y, a);
  };
  refuse(HEBB_BAD_RANGE, 0, 0);
  refuse(HEBB_BAD_RANGE, 2, 0.5);
  refuse(HEBB_BAD_RANGE, 4, 2);
  refuse(HEBB_BAD_RANGE, 4, -1);
  refuse(HEBB_BAD_SHAPE, 0, 6);
  refuse(HEBB_BAD_SHAPE, 2, 1);
  expect_refused(HEBB_BAD_SHAPE, "avgPool2d", {x}, Array({1, 2, 2, 3}, HEBB_FLOAT32), s.attributes(true));
  expect_refused(HEBB_BAD_SHAPE, "avgPool2dGrad", {y}, Array({1, 5, 7, 2}, HEBB_FLOAT32), s.attributes(true));
  expect_refused(HEBB_BAD_DTYPE, "maxPool2d", {Array(s.x(), HEBB_INT32)}, Array(s.y(), HEBB_INT32), s.attributes());
  Array wrong(s.y(), HEBB_FLOAT32), out = y;
  EXPECT_EQ(call("maxPool2d", {&out, &wrong}, {x}, s.attributes()).status, HEBB_BAD_DTYPE);
}

}  // namespace
}  // namespace hebb_test
