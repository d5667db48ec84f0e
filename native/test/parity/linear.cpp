// Matrix products, convolutions and pooling.
#include <cmath>

#include "cases.h"

namespace parity {
namespace {

// One 16-bit rounding apart, where sums differ in their last digits.
Tolerance of_half(int dtype, int64_t terms) {
  const double unit = dtype == HEBB_BFLOAT16 ? 8e-3 : 1e-3;
  return {unit, 1e-6 * static_cast<double>(terms + 8) + unit * 1e-2};
}

// Sums of `terms` products of numbers within [-1, 1], in any order.
Tolerance of_sum(int dtype, int64_t terms, double factor) {
  if (dtype != wide(dtype)) return of_half(dtype, terms);
  const double unit = dtype == HEBB_FLOAT32 ? 1.2e-7 : 2.3e-16;
  return {factor * 8 * unit, factor * unit * (static_cast<double>(terms) + 8)};
}

// Activations of an epilogue have slopes of at most about 1: a residual and an activation, and the attributes that say so,
// appended.
void add_epilogue(Random& r, Case& c, bool packed) {
  const bool biased = c.inputs.size() == 3, adds = r.chance(0.5);
  const Array y = c.outputs[0].like;
  if (adds) c.inputs.push_back(r.array(y.dims, y.dtype));
  if (packed) c.inputs.push_back(Array({64}, HEBB_FLOAT32));
  if (packed)
    for (int64_t i = 0; i < 64; ++i) c.inputs.back().set(i, 0);
  // The last three are gradients, which need the residual.
  c.attributes.push_back(static_cast<double>(r.integer(0, adds ? 9 : 6)));
  c.attributes.push_back((biased ? 1 : 0) + (adds ? 2 : 0) + (packed ? 4 : 0));
  Tolerance& t = c.outputs[0].tolerance;
  t = {2 * t.relative, 2 * t.absolute};
  add_rounded_sum(t, y.dtype);
}

Case matmul(Random& r) {
  const int dtype = any_float(r);
  const bool ta = r.chance(0.5), tb = r.chance(0.5), shared = r.chance(0.4), biased = r.chance(0.5);
  const int64_t batch = r.chance(0.5) ? 1 : r.integer(1, 9), m = r.size(300), n = r.size(300), k = r.size(300);
  Case c;
  c.inputs = {r.array(ta ? Dims{batch, k, m} : Dims{batch, m, k}, dtype),
              r.array(tb ? Dims{shared ? 1 : batch, n, k} : Dims{shared ? 1 : batch, k, n}, dtype)};
  if (biased) c.inputs.push_back(r.array({n}, dtype));
  c.outputs.push_back({Array({batch, m, n}, dtype), of_sum(dtype, k, 1), -1});
  c.attributes = {ta ? 1.0 : 0.0, tb ? 1.0 : 0.0};
  if (r.chance(0.5)) add_epilogue(r, c, false);
  return c;
}

// Sometimes a few numbers that are not finite, which must stay where they belong.
void spoil(Random& r, Array& a) {
  static const std::vector<double> values = {INFINITY, -INFINITY, std::nan("")};
  if (a.size() == 0 || !r.chance(0.3)) return;
  for (int64_t n = r.integer(1, 3); n > 0; --n) a.set(r.integer(0, a.size() - 1), r.pick(values));
}

// 16-bit operands, into their own dtype or into float32.
Case product_of_halves(Random& r, int64_t batch, int64_t m, int64_t n, int64_t k) {
  const int dtype = r.chance(0.5) ? HEBB_BFLOAT16 : HEBB_FLOAT16;
  const bool ta = r.chance(0.5), tb = r.chance(0.5);
  Case c;
  c.inputs = {r.array(ta ? Dims{batch, k, m} : Dims{batch, m, k}, dtype),
              r.array(tb ? Dims{batch, n, k} : Dims{batch, k, n}, dtype)};
  for (Array& operand : c.inputs) spoil(r, operand);
  if (r.chance(0.5)) c.inputs.push_back(r.array({n}, dtype));
  const int out = r.chance(0.5) ? HEBB_FLOAT32 : dtype;
  c.outputs.push_back({Array({batch, m, n}, out), of_sum(out, k, 1), -1});
  c.attributes = {ta ? 1.0 : 0.0, tb ? 1.0 : 0.0};
  // A residual is of the operands' dtype and of the output's.
  if (out == dtype && r.chance(0.5)) add_epilogue(r, c, false);
  c.skip = r.chance(0.2) ? 1 : 0;
  return c;
}

Case matmul_halves(Random& r) { return product_of_halves(r, r.integer(1, 3), r.size(60), r.size(60), r.size(60)); }

// One size that is no multiple of eight among others so large that a GPU pads it.
Case matmul_padded(Random& r) {
  int64_t sizes[3];
  for (int64_t& size : sizes) size = 8 * r.integer(75, 90);
  sizes[r.integer(0, 2)] = 16 * r.integer(2, 4) - r.integer(1, 2);
  return product_of_halves(r, 1, sizes[0], sizes[1], sizes[2]);
}

struct Conv {
  Dims x, w, y;
  std::vector<double> attributes;
};

// One pixel wide, without padding: a product of matrices.
Conv pointwise(Random& r) {
  const int64_t n = r.integer(1, 4), h = r.integer(1, 30), w = r.integer(1, 30), c = r.size(60), k = r.size(60);
  const int64_t down = r.integer(1, 3), across = r.integer(1, 3);
  return {{n, h, w, c},
          {k, 1, 1, c},
          {n, (h - 1) / down + 1, (w - 1) / across + 1, k},
          {static_cast<double>(down), static_cast<double>(across), 0, 0, 0, 0, 1, 1, 1}};
}

Conv conv(Random& r) {
  if (r.chance(0.25)) return pointwise(r);
  for (;;) {
    const int64_t groups = r.chance(0.2) ? r.integer(2, 4) : 1;
    const int64_t c = groups * r.pick<int64_t>({1, 3, 4, 8, 16, 32}), k = groups * r.pick<int64_t>({1, 4, 8, 17, 32});
    const int64_t n = r.integer(1, 4), h = r.integer(1, 30), w = r.integer(1, 30), kh = r.integer(1, 5),
                  kw = r.chance(0.7) ? kh : 1;
    const int64_t down = r.integer(1, 3), across = r.chance(0.7) ? down : r.integer(1, 3), top = r.integer(0, 2),
                  left = r.integer(0, 2);
    const int64_t dilation_h = r.chance(0.2) ? 2 : 1, dilation_w = r.chance(0.2) ? 3 : 1;
    const int64_t bottom = r.chance(0.7) ? top : top + 1, right = r.chance(0.7) ? left : left + 1;
    const int64_t tall = h + top + bottom - dilation_h * (kh - 1) - 1, wide = w + left + right - dilation_w * (kw - 1) - 1;
    if (tall < 0 || wide < 0) continue;
    const auto number = [](int64_t v) { return static_cast<double>(v); };
    return {{n, h, w, c},
            {k, kh, kw, c / groups},
            {n, tall / down + 1, wide / across + 1, k},
            {number(down), number(across), number(top), number(bottom), number(left), number(right), number(dilation_h),
             number(dilation_w), number(groups)}};
  }
}

Case conv2d(Random& r) {
  const Conv v = conv(r);
  const int dtype = float_or_half(r);
  Case c;
  c.inputs = {r.array(v.x, dtype), r.array(v.w, dtype)};
  const bool biased = r.chance(0.5);
  if (biased) c.inputs.push_back(r.array({v.w[0]}, dtype));
  // Winograd's transforms cost digits.
  c.outputs.push_back({Array(v.y, dtype), of_sum(dtype, v.w[1] * v.w[2] * v.w[3], 20), -1});
  if (biased) add_rounded_sum(c.outputs[0].tolerance, dtype);
  c.attributes = v.attributes;
  if (r.chance(0.5)) add_epilogue(r, c, r.chance(0.3));
  return c;
}

// Where nothing is to be packed, both leave zeros.
Case pack_filter(Random& r) {
  const Conv v = conv(r);
  Case c;
  c.inputs = {r.array(v.w, HEBB_FLOAT64)};
  c.outputs.push_back({Array({r.integer(1, 300)}, HEBB_FLOAT32), {}, -1});
  c.attributes = v.attributes;
  for (const int64_t d : v.x) c.attributes.push_back(static_cast<double>(d));
  return c;
}

Case conv2d_input_grad(Random& r) {
  const Conv v = conv(r);
  const int dtype = float_or_half(r);
  Case c;
  c.inputs = {r.array(v.y, dtype), r.array(v.w, dtype)};
  c.outputs.push_back({Array(v.x, dtype), of_sum(dtype, v.w[0] * v.w[1] * v.w[2], 20), -1});
  c.attributes = v.attributes;
  return c;
}

Case conv2d_filter_grad(Random& r) {
  const Conv v = conv(r);
  const int dtype = float_or_half(r), out = wide(dtype);
  Case c;
  c.inputs = {r.array(v.x, dtype), r.array(v.y, dtype)};
  c.outputs.push_back({Array(v.w, out), of_sum(out, v.y[0] * v.y[1] * v.y[2], 20), -1});
  c.attributes = v.attributes;
  return c;
}

struct Pool {
  Dims x, y;
  std::vector<double> attributes;
};

Pool pool(Random& r) {
  for (;;) {
    const int64_t n = r.integer(1, 4), h = r.integer(1, 30), w = r.integer(1, 30), c = r.integer(1, 70);
    const int64_t kh = r.integer(1, 4), kw = r.integer(1, 4), sh = r.integer(1, 3), sw = r.integer(1, 3);
    const int64_t top = r.integer(0, kh - 1), bottom = r.integer(0, kh - 1), left = r.integer(0, kw - 1),
                  right = r.integer(0, kw - 1);
    const int64_t tall = h + top + bottom - kh, wide = w + left + right - kw;
    if (tall < 0 || wide < 0) continue;
    const auto number = [](int64_t v) { return static_cast<double>(v); };
    return {{n, h, w, c},
            {n, tall / sh + 1, wide / sw + 1, c},
            {number(kh), number(kw), number(sh), number(sw), number(top), number(bottom), number(left), number(right)}};
  }
}

// Few different values, so that the first of equals is asked for.
Case max_pool(Random& r) {
  const Pool p = pool(r);
  const int dtype = float_or_half(r);
  Array x = r.array(p.x, dtype, -5, 5);
  for (int64_t i = 0; i < x.size(); ++i) x.set(i, std::floor(x.at(i)));
  if (r.chance(0.3)) x.set(r.integer(0, x.size() - 1), std::nan(""));
  Case c;
  c.inputs = {x};
  c.outputs.push_back({Array(p.y, dtype), {}, -1});
  if (r.chance(0.7)) c.outputs.push_back({Array(p.y, HEBB_INT32), {}, -1});
  c.attributes = p.attributes;
  return c;
}

// Windows that only see padding have no mean without it: count it there.
Make average_pool(bool gradient) {
  return [=](Random& r) {
    Pool p = pool(r);
    const int dtype = float_or_half(r);
    Case c;
    c.inputs = {r.array(gradient ? p.y : p.x, dtype)};
    c.outputs.push_back({Array(gradient ? p.x : p.y, dtype), of_sum(dtype, 16, 2), -1});
    c.attributes = p.attributes;
    c.attributes.push_back(r.chance(0.5) ? 1 : 0);
    return c;
  };
}

// In 16 bits the engines round at different places.
Case average_pool_and_activation(Random& r) {
  Case c = average_pool(true)(r);
  const Array& dx = c.outputs[0].like;
  const int dtype = r.chance(0.5) ? HEBB_FLOAT32 : HEBB_FLOAT64;
  const Array y = r.array(dx.dims, dtype, 0, 1);
  c.inputs = {r.array(c.inputs[0].dims, dtype), y};
  c.outputs = {{Array(y.dims, dtype), of_sum(dtype, 16, 2), -1}};
  c.attributes.push_back(static_cast<double>(r.integer(7, 9)));  // the gradients of relu, tanh and sigmoid
  return c;
}

}  // namespace

void add_linear(Makers& m) {
  m["matmul"] = {matmul, matmul_halves, matmul, matmul_padded};
  m["conv2d"] = {conv2d, conv2d};
  m["conv2dInputGrad"] = {conv2d_input_grad, conv2d_input_grad};
  m["conv2dFilterGrad"] = {conv2d_filter_grad, conv2d_filter_grad};
  m["packFilter"] = {pack_filter};
  m["maxPool2d"] = {max_pool};
  m["avgPool2d"] = {average_pool(false)};
  m["avgPool2dGrad"] = {average_pool(true), average_pool_and_activation};
}

}  // namespace parity
