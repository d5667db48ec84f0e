// conv2d and its gradients against seven loops in double.
#include <cmath>

#include "harness.h"

namespace hebb_test {
namespace {

struct Conv {
  int64_t n, h, w, c, k, kh, kw;
  int64_t sh = 1, sw = 1, top = 0, bottom = 0, left = 0, right = 0, dh = 1, dw = 1, groups = 1;

  int64_t oh() const { return (h + top + bottom - dh * (kh - 1) - 1) / sh + 1; }
  int64_t ow() const { return (w + left + right - dw * (kw - 1) - 1) / sw + 1; }
  Dims x() const { return {n, h, w, c}; }
  Dims filters() const { return {k, kh, kw, c / groups}; }
  Dims y() const { return {n, oh(), ow(), k}; }
  Attributes attributes() const {
    return {double(sh),    double(sw), double(top), double(bottom), double(left),
            double(right), double(dh), double(dw),  double(groups)};
  }
};

// visit(index in x, in w, in y) for every product of the convolution.
template <typename Visit>
void for_products(const Conv& s, const Visit& visit) {
  const int64_t oh = s.oh(), ow = s.ow(), gc = s.c / s.groups, gk = s.k / s.groups;
  for (int64_t n = 0; n < s.n; ++n)
    for (int64_t oy = 0; oy < oh; ++oy)
      for (int64_t ox = 0; ox < ow; ++ox)
        for (int64_t k = 0; k < s.k; ++k)
          for (int64_t ky = 0; ky < s.kh; ++ky)
            for (int64_t kx = 0; kx < s.kw; ++kx) {
              const int64_t iy = oy * s.sh - s.top + ky * s.dh, ix = ox * s.sw - s.left + kx * s.dw;
              if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
              for (int64_t c = 0; c < gc; ++c)
                visit(((n * s.h + iy) * s.w + ix) * s.c + k / gk * gc + c, ((k * s.kh + ky) * s.kw + kx) * gc + c,
                      ((n * oh + oy) * ow + ox) * s.k + k);
            }
}

template <typename T>
void check(const Conv& s, bool bias, unsigned seed, double slack = 1) {
  SCOPED_TRACE(testing::Message() << "n " << s.n << " image " << s.h << "x" << s.w << "x" << s.c << " k " << s.k << " kernel "
                                  << s.kh << "x" << s.kw << " stride " << s.sh << s.sw << " pad " << s.top << s.bottom << s.left
                                  << s.right << " dilation " << s.dh << s.dw << " groups " << s.groups);
  const Array x = Array::random<T>(s.x(), -1, 1, seed), w = Array::random<T>(s.filters(), -1, 1, seed + 1);
  const Array g = Array::random<T>(s.y(), -1, 1, seed + 2), b = Array::random<T>({s.k}, -1, 1, seed + 3);
  std::vector<double> y(g.size()), dx(x.size()), dw(w.size());
  for (int64_t i = 0; i < g.size(); ++i) y[i] = bias ? b.value(i % s.k) : 0;
  for_products(s, [&](int64_t i, int64_t j, int64_t o) {
    y[o] += x.value(i) * w.value(j);
    dx[i] += g.value(o) * w.value(j);
    dw[j] += g.value(o) * x.value(i);
  });
  const double unit = (sizeof(T) == 4 ? 1e-6 : 1e-14) * slack;
  const auto tolerance = [&](int64_t terms) { return unit * (2 + std::sqrt(double(terms))); };
  const int64_t window = s.kh * s.kw * s.c / s.groups, back = s.kh * s.kw * s.k / s.groups, pixels = s.n * s.oh() * s.ow();
  const std::vector<Array> inputs = bias ? std::vector<Array>{x, w, b} : std::vector<Array>{x, w};
  EXPECT_TRUE(near(run("conv2d", inputs, s.y(), s.attributes()), y, tolerance(window), tolerance(window)));
  EXPECT_TRUE(near(run("conv2dInputGrad", {g, w}, s.x(), s.attributes()), dx, tolerance(back), tolerance(back)));
  EXPECT_TRUE(near(run("conv2dFilterGrad", {x, g}, s.filters(), s.attributes()), dw, tolerance(pixels), tolerance(pixels)));
}

TEST(Conv2d, AgreesWithLoopsOverManyShapes) {
  std::mt19937 random(11);
  const auto upto = [&](int n) { return static_cast<int64_t>(1 + random() % n); };
  for (unsigned i = 0; i < 60; ++i) {
    const int64_t groups = i % 3 == 0 ? upto(4) : 1;
    Conv s = {upto(3), 4 + upto(12), 4 + upto(12), groups * upto(i % 2 ? 40 : 6), groups * upto(i % 2 ? 40 : 6),
              upto(4), upto(4)};
    s.sh = upto(3), s.sw = upto(3), s.dh = upto(2), s.dw = upto(2), s.groups = groups;
    s.top = random() % 3, s.bottom = random() % 3, s.left = random() % 3, s.right = random() % 3;
    if (s.h + s.top + s.bottom < s.dh * (s.kh - 1) + 1 || s.w + s.left + s.right < s.dw * (s.kw - 1) + 1) continue;
    check<float>(s, i % 2 == 0, i);
    check<double>(s, i % 2 == 0, i);
  }
}

TEST(Conv2d, TheLayersOfKnownNetworks) {
  check<float>({4, 28, 28, 1, 6, 5, 5, 1, 1, 2, 2, 2, 2}, true, 1);
  check<float>({4, 14, 14, 6, 16, 5, 5}, true, 2);
  check<float>({2, 43, 43, 3, 64, 11, 11, 4, 4, 2, 2, 2, 2}, true, 3);
  check<float>({3, 9, 9, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 16}, true, 4);  // depthwise
  check<float>({2, 7, 7, 64, 32, 1, 1, 2, 2}, true, 5);
  check<float>({1, 4, 4, 1024, 1024, 1, 1}, true, 6);
  check<float>({2, 4, 4, 1024, 40, 1, 1, 2, 2}, false, 7);
  check<float>({2, 20, 17, 30, 45, 1, 1}, true, 8);
  check<float>({2, 41, 39, 24, 33, 1, 1, 2, 2}, true, 9);
  check<float>({2, 11, 13, 8, 16, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2}, true, 8);
}

// Few channels on the side that is computed, in one band of an image and in several.
TEST(Conv2d, FewChannels) {
  check<float>({3, 30, 31, 3, 8, 3, 3, 1, 1, 1, 1, 1, 1}, true, 1);
  check<float>({2, 20, 18, 2, 7, 5, 4, 1, 1, 2, 1, 0, 3}, false, 2);
  check<float>({2, 17, 40, 1, 5, 3, 2, 1, 1, 2, 2, 3, 3, 1, 3}, true, 3);
  check<float>({2, 17, 40, 1, 5, 3, 2, 1, 1, 4, 4, 3, 3, 2, 3}, true, 3);
  check<float>({1, 150, 160, 3, 8, 3, 3, 1, 1, 0, 2, 1, 1}, true, 4);
  check<float>({2, 16, 16, 3, 16, 5, 5}, true, 5);
  check<float>({1, 3, 9000, 2, 8, 2, 2}, true, 6);
}

// Many channels over many pixels, where Winograd does not go: strides with and without taps for every pixel, dilation, uneven
// padding, numbers of channels that no vector divides.
TEST(Conv2d, ManyChannels) {
  check<float>({4, 14, 13, 128, 136, 3, 3, 2, 2, 1, 0, 1, 0}, true, 1);
  check<float>({3, 15, 17, 130, 133, 3, 3, 2, 1, 1, 1, 0, 2, 1, 2}, true, 2);
  check<float>({9, 13, 13, 129, 200, 2, 2, 3, 3}, false, 3);
  check<float>({4, 7, 7, 160, 132, 3, 3, 1, 1, 1, 1, 1, 1}, true, 4);
  check<float>({2, 13, 19, 33, 45, 4, 3, 2, 3, 1, 2, 1, 1, 2, 1}, true, 5);
  check<float>({3, 9, 9, 150, 70, 1, 1}, true, 6);
}

// Winograd's transforms multiply rounding errors; they stay within 16 times those of the direct sum.
TEST(Conv2d, WinogradErrorIsBounded) {
  for (const int64_t size : {13, 16, 25, 30}) check<float>({2, size, size, 64, 48, 3, 3, 1, 1, 1, 1, 1, 1}, true, 9, 16);
  check<float>({2, 24, 27, 48, 80, 3, 3, 1, 1, 0, 1, 2, 0}, true, 10, 16);
  for (const int64_t size : {9, 12, 27}) check<float>({2, size, size, 64, 48, 5, 5, 1, 1, 2, 2, 2, 2}, true, 9, 16);
  check<float>({3, 14, 17, 48, 80, 5, 5, 1, 1, 0, 4, 3, 1}, true, 10, 16);
  check<float>({2, 14, 15, 144, 160, 5, 5, 1, 1, 2, 2, 2, 2}, true, 10, 16);
  // Many channels on either side.
  check<float>({2, 14, 16, 144, 256, 3, 3, 1, 1, 1, 1, 1, 1}, true, 10, 16);
  check<float>({2, 15, 14, 256, 144, 3, 3, 1, 1, 1, 1, 1, 1}, true, 10, 16);
}

// More tiles than the cache holds are taken in chunks: images come out as they do alone, and the gradient is the sum of theirs.
TEST(Conv2d, ManyImagesAreAsOneByOne) {
  const int64_t images = 4;
  const Conv all = {images, 57, 55, 160, 160, 3, 3, 1, 1, 1, 1, 1, 1};
  Conv one = all;
  one.n = 1;
  const Array w = Array::random<float>(all.filters()), x = Array::random<float>(all.x(), -1, 1, 2);
  const Array g = Array::random<float>(all.y(), -1, 1, 3);
  const auto image = [](const Array& from, const Dims& dims, int64_t index) {
    Array out(dims, HEBB_FLOAT32);
    std::memcpy(out.data(), from.bytes().data() + index * static_cast<int64_t>(out.bytes().size()), out.bytes().size());
    return out;
  };
  const Array y = run("conv2d", {x, w}, all.y(), all.attributes());
  const Array dx = run("conv2dInputGrad", {g, w}, all.x(), all.attributes());
  std::vector<double> dw(w.size());
  for (int64_t i = 0; i < images; ++i) {
    const Array xi = image(x, one.x(), i), gi = image(g, one.y(), i);
    EXPECT_TRUE(same_bits(image(y, one.y(), i), run("conv2d", {xi, w}, one.y(), one.attributes())));
    EXPECT_TRUE(same_bits(image(dx, one.x(), i), run("conv2dInputGrad", {gi, w}, one.x(), one.attributes())));
    const Array part = run("conv2dFilterGrad", {xi, gi}, one.filters(), one.attributes());
    for (int64_t j = 0; j < part.size(); ++j) dw[j] += part.value(j);
  }
  EXPECT_TRUE(near(run("conv2dFilterGrad", {x, g}, all.filters(), all.attributes()), dw, 1e-5, 1e-3));
}

TEST(Conv2d, SameBitsForAnyNumberOfThreads) {
  for (const Conv& s :
       {Conv{8, 28, 28, 1, 6, 5, 5, 1, 1, 2, 2, 2, 2}, Conv{1, 150, 160, 3, 8, 3, 3},
        Conv{4, 28, 28, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1}, Conv{3, 14, 14, 32, 64, 3, 3, 2, 2, 1, 1, 1, 1},
        Conv{2, 7, 7, 128, 256, 1, 1}, Conv{2, 40, 40, 3, 16, 7, 7, 2, 2, 3, 3, 3, 3},
        Conv{2, 33, 33, 3, 64, 7, 7, 2, 2, 3, 3, 3, 3}, Conv{2, 4, 4, 1024, 64, 1, 1}, Conv{2, 30, 31, 70, 300, 1, 1},
        Conv{2, 41, 41, 24, 33, 1, 1, 2, 2}, Conv{2, 15, 15, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4},
        Conv{1, 6, 6, 256, 512, 3, 3, 1, 1, 1, 1, 1, 1}, Conv{2, 14, 16, 144, 256, 3, 3, 1, 1, 1, 1, 1, 1},
        Conv{4, 27, 26, 64, 96, 5, 5, 1, 1, 2, 2, 2, 2}, Conv{2, 41, 57, 160, 32, 3, 3, 1, 1, 1, 1, 1, 1},
        Conv{3, 15, 17, 130, 140, 3, 3, 2, 1, 1, 1, 0, 2, 1, 2}}) {
    const Array x = Array::random<float>(s.x()), w = Array::random<float>(s.filters()), g = Array::random<float>(s.y());
    expect_thread_independent("conv2d", {x, w}, {Array(s.y(), HEBB_FLOAT32)}, s.attributes());
    expect_thread_independent("conv2dInputGrad", {g, w}, {Array(s.x(), HEBB_FLOAT32)}, s.attributes());
    expect_thread_independent("conv2dFilterGrad", {x, g}, {Array(s.filters(), HEBB_FLOAT32)}, s.attributes());
  }
}

// The layouts of filters that kernels of bfloat16 want, with filters left over and without, against float32 on the same numbers.
TEST(Conv2d, OfHalvesAgreesWithFloat32) {
  for (const Conv& s :
       {Conv{2, 9, 9, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1}, Conv{2, 13, 14, 64, 48, 5, 5, 1, 1, 2, 2, 2, 2},
        Conv{2, 16, 17, 64, 48, 3, 3, 1, 1, 1, 1, 1, 1}, Conv{2, 14, 16, 144, 256, 3, 3, 1, 1, 1, 1, 1, 1},
        Conv{2, 9, 9, 48, 80, 3, 3, 1, 1, 1, 1, 1, 1}, Conv{2, 14, 14, 32, 128, 3, 3, 2, 2, 1, 1, 1, 1},
        Conv{1, 7, 7, 160, 208, 1, 1}, Conv{2, 12, 12, 96, 16, 1, 1, 2, 2}, Conv{1, 10, 10, 34, 70, 3, 3},
        Conv{3, 28, 28, 1, 6, 5, 5, 1, 1, 2, 2, 2, 2}, Conv{1, 10, 10, 3, 20, 5, 5, 2, 2}, Conv{1, 7, 7, 33, 64, 1, 1},
        Conv{2, 29, 31, 64, 97, 1, 1}, Conv{2, 60, 57, 41, 72, 1, 1, 2, 2}, Conv{1, 25, 25, 96, 40, 1, 1},
        // More filters than pixels; windows, of strides with and without taps for every pixel.
        Conv{2, 9, 10, 136, 300, 1, 1}, Conv{4, 14, 13, 64, 96, 3, 3, 2, 2, 1, 0, 1, 0},
        Conv{3, 15, 17, 130, 70, 3, 3, 2, 1, 1, 1, 0, 2, 1, 2}, Conv{9, 13, 13, 192, 400, 2, 2, 3, 3},
        Conv{2, 30, 30, 33, 165, 4, 3, 2, 3, 1, 2, 1, 1, 2, 1}, Conv{4, 7, 7, 160, 520, 3, 3, 1, 1, 1, 1, 1, 1},
        Conv{1, 30, 40, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1, 2, 2}}) {
    SCOPED_TRACE(testing::Message() << s.c << " to " << s.k << ", kernel " << s.kh);
    const auto agree = [&](const char* op, const Array& a, const Array& b, const Dims& dims, int out, double relative) {
      const std::vector<Array> halves = {rounded(a, HEBB_BFLOAT16), rounded(b, HEBB_BFLOAT16)};
      const Array wanted = run(op, {rounded(halves[0], HEBB_FLOAT32), rounded(halves[1], HEBB_FLOAT32)}, dims, s.attributes());
      const Array received = rounded(run(op, halves, dims, s.attributes(), out), HEBB_FLOAT32);
      std::vector<double> values;
      for (int64_t i = 0; i < wanted.size(); ++i) values.push_back(wanted.value(i));
      EXPECT_TRUE(near(received, values, relative, 1e-4)) << op;
      expect_thread_independent(op, halves, {Array(dims, out)}, s.attributes());
    };
    const Array x = Array::random<float>(s.x()), w = Array::random<float>(s.filters()), g = Array::random<float>(s.y());
    agree("conv2d", x, w, s.y(), HEBB_BFLOAT16, 0x1p-8);
    agree("conv2dInputGrad", g, w, s.x(), HEBB_BFLOAT16, 0x1p-8);
    agree("conv2dFilterGrad", x, g, s.filters(), HEBB_FLOAT32, 1e-5);
  }
}

TEST(Conv2d, EmptyOperands) {
  const Conv none = {0, 5, 5, 3, 2, 3, 3}, narrow = {1, 3, 3, 0, 2, 3, 3};
  EXPECT_EQ(
      run("conv2d", {Array(none.x(), HEBB_FLOAT32), Array::random<float>(none.filters())}, none.y(), none.attributes()).size(),
      0);
  const Conv pixel = {0, 5, 5, 3, 1, 1, 1};
  const Array no_images(pixel.x(), HEBB_FLOAT32), no_gradients(pixel.y(), HEBB_FLOAT32);
  EXPECT_ARRAY(run("conv2dFilterGrad", {no_images, no_gradients}, pixel.filters(), pixel.attributes()), {0, 0, 0});
  const Array bias = Array::of<float>({1, 2});
  EXPECT_ARRAY(run("conv2d", {Array(narrow.x(), HEBB_FLOAT32), Array(narrow.filters(), HEBB_FLOAT32), bias}, narrow.y(),
                   narrow.attributes()),
               {1, 2});
}

TEST(Conv2d, RefusesWhatDoesNotFit) {
  const Conv s = {1, 5, 5, 4, 6, 3, 3};
  const Array x(s.x(), HEBB_FLOAT32), w(s.filters(), HEBB_FLOAT32), y(s.y(), HEBB_FLOAT32);
  const auto refuse = [&](int status, size_t attribute, double value) {
    Attributes a = s.attributes();
    a[attribute] = value;
    expect_refused(status, "conv2d", {x, w}, y, a);
  };
  refuse(HEBB_BAD_RANGE, 0, 0);
  refuse(HEBB_BAD_RANGE, 0, 1.5);
  refuse(HEBB_BAD_RANGE, 2, -1);
  refuse(HEBB_BAD_RANGE, 2, NAN);
  refuse(HEBB_BAD_RANGE, 6, 0);
  refuse(HEBB_BAD_RANGE, 8, 1e18);
  refuse(HEBB_BAD_SHAPE, 0, 2);
  refuse(HEBB_BAD_SHAPE, 6, 2e9);
  refuse(HEBB_BAD_SHAPE, 8, 2);
  refuse(HEBB_BAD_SHAPE, 8, 3);
  expect_refused(HEBB_BAD_SHAPE, "conv2d", {x, Array({6, 3, 3, 5}, HEBB_FLOAT32)}, y, s.attributes());
  expect_refused(HEBB_BAD_SHAPE, "conv2d", {x, w, Array({5}, HEBB_FLOAT32)}, y, s.attributes());
  expect_refused(HEBB_BAD_SHAPE, "conv2d", {x, w}, Array({1, 3, 3, 5}, HEBB_FLOAT32), s.attributes());
  expect_refused(HEBB_BAD_SHAPE, "conv2d", {x, Array({6, 9, 3, 4}, HEBB_FLOAT32)}, y, s.attributes());
  expect_refused(HEBB_BAD_SHAPE, "conv2dInputGrad", {y, w}, Array({1, 6, 5, 4}, HEBB_FLOAT32), s.attributes());
  expect_refused(HEBB_BAD_SHAPE, "conv2dFilterGrad", {x, y}, Array({6, 3, 2, 4}, HEBB_FLOAT32), s.attributes());
  expect_refused(HEBB_BAD_DTYPE, "conv2d", {x, Array(s.filters(), HEBB_FLOAT64)}, y, s.attributes());
}

}  // namespace
}  // namespace hebb_test
