// What matmul and conv2d do after their sums, and filters packed for conv2d.
#include <algorithm>

#include "harness.h"

namespace hebb_test {
namespace {

const char* const kActivations[] = {"", "relu", "tanh", "sigmoid", "gelu", "gelu", "silu"};

Array activate(const Array& x, int activation) {
  if (activation == 0) return x;
  const Attributes attributes = activation == 4 ? Attributes{0} : activation == 5 ? Attributes{1} : Attributes{};
  return run(kActivations[activation], {x}, x.dims(), attributes);
}

TEST(Epilogue, IsTheOpsOneAfterAnotherToTheBit) {
  for (const Dims& size : {Dims{1, 2, 3, 4}, Dims{3, 5, 7, 9}, Dims{1, 1, 784, 300}, Dims{1, 100, 300, 70}, Dims{2, 90, 600, 80},
                           Dims{1, 4, 0, 3}, Dims{1, 0, 2, 2}}) {
    const int64_t b = size[0], m = size[1], k = size[2], n = size[3];
    const Array x = Array::random<float>({b, m, k}, -1, 1, 1), w = Array::random<float>({b, k, n}, -1, 1, 2);
    const Array bias = Array::random<float>({n}, -1, 1, 3), residual = Array::random<float>({b, m, n}, -1, 1, 4);
    const Array plain = run("matmul", {x, w, bias}, {b, m, n}, {0, 0});
    const Array sum = run("add", {plain, residual}, {b, m, n});
    for (int activation = 0; activation < 7; ++activation) {
      const double code = activation;
      EXPECT_TRUE(same_bits(run("matmul", {x, w, bias}, {b, m, n}, {0, 0, code, 1}), activate(plain, activation)));
      EXPECT_TRUE(same_bits(run("matmul", {x, w, bias, residual}, {b, m, n}, {0, 0, code, 3}), activate(sum, activation)));
    }
    expect_thread_independent("matmul", {x, w, residual}, {residual}, {0, 0, 2, 2});
  }
}

TEST(Epilogue, TakesTheGradientOfAnActivation) {
  const char* const gradients[] = {"reluGrad", "tanhGrad", "sigmoidGrad"};
  for (const Dims& size : {Dims{1, 2, 3, 4}, Dims{3, 5, 7, 9}, Dims{1, 1, 784, 300}, Dims{1, 5, 600, 70}, Dims{1, 100, 300, 70},
                           Dims{2, 90, 600, 80}, Dims{1, 400, 30, 500}, Dims{1, 4, 0, 3}, Dims{1, 0, 2, 2}}) {
    const int64_t b = size[0], m = size[1], k = size[2], n = size[3];
    const Array g = Array::random<float>({b, m, k}, -1, 1, 1), w = Array::random<float>({b, n, k}, -1, 1, 2);
    const Array y = Array::random<float>({b, m, n}, -1, 1, 3), bias = Array::random<float>({n}, -1, 1, 4);
    const Array plain = run("matmul", {g, w}, {b, m, n}, {0, 1}), sum = run("matmul", {g, w, bias}, {b, m, n}, {0, 1});
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(same_bits(run("matmul", {g, w, y}, {b, m, n}, {0, 1, 7.0 + i, 2}), run(gradients[i], {plain, y}, {b, m, n})));
      EXPECT_TRUE(
          same_bits(run("matmul", {g, w, bias, y}, {b, m, n}, {0, 1, 7.0 + i, 3}), run(gradients[i], {sum, y}, {b, m, n})));
    }
    expect_thread_independent("matmul", {g, w, y}, {y}, {0, 1, 8, 2});
  }
}

Attributes conv(int64_t pad, double activation, double operands) {
  const double p = static_cast<double>(pad);
  return {1, 1, p, p, p, p, 1, 1, 1, activation, operands};
}

TEST(Epilogue, FollowsConvolutions) {
  struct Size {
    Dims x, w;
    int64_t pad;
  };
  for (const Size& s : {Size{{1, 6, 6, 3}, {5, 3, 3, 3}, 1}, Size{{2, 56, 56, 64}, {64, 3, 3, 64}, 1},
                        Size{{1, 7, 7, 1024}, {1024, 1, 1, 1024}, 0}, Size{{1, 5, 5, 2}, {3, 2, 2, 2}, 0}}) {
    const Array x = Array::random<float>(s.x, -1, 1, 1), w = Array::random<float>(s.w, -1, 1, 2);
    const int64_t k = s.w[0], size = s.x[1] + 2 * s.pad - s.w[1] + 1;
    const Dims dims = {s.x[0], size, size, k};
    const Array bias = Array::random<float>({k}, -1, 1, 3), residual = Array::random<float>(dims, -1, 1, 4);
    const Array plain = run("conv2d", {x, w, bias}, dims, conv(s.pad, 0, 1));
    const Array expected = run("relu", {run("add", {plain, residual}, dims)}, dims);
    EXPECT_TRUE(same_bits(run("conv2d", {x, w, bias, residual}, dims, conv(s.pad, 1, 3)), expected));
    Attributes pack = conv(s.pad, 0, 0);
    pack.resize(9);
    for (const int64_t d : s.x) pack.push_back(static_cast<double>(d));
    const int64_t room = 16 + (k + 63) / 64 * 64 * ((s.x[3] + 15) / 16 * 16 + 2) * std::max<int64_t>(36, s.w[1] * s.w[2]);
    const Array packed = run("packFilter", {w}, {room}, pack);
    const Array unpacked(Dims{room}, HEBB_FLOAT32), small = run("packFilter", {w}, {3}, pack);
    const Array wanted = run("conv2d", {x, w, packed}, dims, conv(s.pad, 0, 4));
    EXPECT_TRUE(same_bits(run("conv2d", {x, w, unpacked}, dims, conv(s.pad, 0, 4)), wanted));
    EXPECT_TRUE(same_bits(run("conv2d", {x, w, small}, dims, conv(s.pad, 0, 4)), wanted));
    expect_thread_independent("conv2d", {x, w, bias, residual, packed}, {residual}, conv(s.pad, 1, 7));
  }
}

// Through float32 kernels too, where those are faster: rounded after the product, and again after what follows.
// `rows` of few and of many products, which may go different ways; images as wide as long.
void check_halves(int half, int64_t rows, int64_t side, int64_t kernel) {
  SCOPED_TRACE(testing::Message() << "dtype " << half << ", " << rows << " rows, filters of " << kernel);
  const auto halves = [half](const Dims& dims, unsigned seed) { return rounded(Array::random<float>(dims, -1, 1, seed), half); };
  const Array a = halves({1, rows, 150}, 1), b = halves({1, 150, 220}, 2), bias = halves({220}, 3);
  const Array add = halves({1, rows, 220}, 4), product = run("matmul", {a, b, bias}, add.dims(), {0, 0}, half);
  const Array sum = run("add", {product, add}, add.dims(), {}, half);
  EXPECT_TRUE(
      same_bits(run("matmul", {a, b, bias, add}, add.dims(), {0, 0, 1, 3}, half), run("relu", {sum}, add.dims(), {}, half)));
  EXPECT_TRUE(same_bits(run("matmul", {a, b, bias, add}, add.dims(), {0, 0, 7, 3}, half),
                        run("reluGrad", {product, add}, add.dims(), {}, half)));
  const int64_t out = (side - kernel) / 2 + 1;
  const Array x = halves({2, side, side, 96}, 5), w = halves({128, kernel, kernel, 96}, 6), shift = halves({2, out, out, 128}, 7);
  Attributes plain = conv(0, 0, 0), more = conv(0, 1, 2);
  plain[0] = plain[1] = more[0] = more[1] = 2;
  const Array y = run("add", {run("conv2d", {x, w}, shift.dims(), plain, half), shift}, shift.dims(), {}, half);
  EXPECT_TRUE(same_bits(run("conv2d", {x, w, shift}, shift.dims(), more, half), run("relu", {y}, shift.dims(), {}, half)));
}

TEST(Epilogue, OfHalvesIsTheOpsOneAfterAnother) {
  for (const int half : {HEBB_BFLOAT16, HEBB_FLOAT16}) {
    check_halves(half, 200, 9, 3);
    check_halves(half, 600, 37, 1);
    check_halves(half, 230, 23, 3);
  }
}

TEST(Epilogue, RefusesWhatDoesNotFit) {
  const Array a = Array::random<float>({1, 2, 3}), b = Array::random<float>({1, 3, 4}), y({1, 2, 4}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b}, y, {0, 0, 10, 0});
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b}, y, {0, 0, 7, 0});
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b, Array({4}, HEBB_FLOAT32)}, y, {0, 0, 8, 1});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, b, a}, y, {0, 0, 9, 2});
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b}, y, {0, 0, 0.5, 0});
  expect_refused(HEBB_BAD_RANGE, "matmul", {a, b, y}, y, {0, 0, 0, 4});
  expect_refused(HEBB_INTERNAL, "matmul", {a, b}, y, {0, 0, 0, 1});
  expect_refused(HEBB_INTERNAL, "matmul", {a, b, y, y}, y, {0, 0, 0, 2});
  expect_refused(HEBB_INTERNAL, "matmul", {a, b, y, y}, y, {0, 0});
  expect_refused(HEBB_INTERNAL, "matmul", {a}, y, {0, 0});
  expect_refused(HEBB_BAD_SHAPE, "matmul", {a, b, a}, y, {0, 0, 0, 2});
  expect_refused(HEBB_BAD_DTYPE, "matmul", {a, b, Array({1, 2, 4}, HEBB_FLOAT64)}, y, {0, 0, 0, 2});
  const Array x = Array::random<float>({1, 3, 3, 1}), w = Array::random<float>({2, 1, 1, 1}), out({1, 3, 3, 2}, HEBB_FLOAT32);
  expect_refused(HEBB_BAD_DTYPE, "conv2d", {x, w, Array({99}, HEBB_INT32)}, out, conv(0, 0, 4));
  expect_refused(HEBB_BAD_SHAPE, "conv2d", {x, w, x}, out, conv(0, 0, 2));
  expect_refused(HEBB_BAD_SHAPE, "packFilter", {x.reshaped({9})}, out, {1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 1});
  expect_refused(HEBB_BAD_SHAPE, "packFilter", {w}, out, {1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 2});
  expect_refused(HEBB_BAD_RANGE, "packFilter", {w}, out, {1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 3, 3, 1});
}

}  // namespace
}  // namespace hebb_test
