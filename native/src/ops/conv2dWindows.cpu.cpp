// Convolution in float32, of such images or of bfloat16 ones, as products of windows ("im2col") that exist a few rows at a time,
// in the caches.
#include <algorithm>

#include "cpu/gemm_columns.h"
#include "cpu/gemm_pieces.h"
#include "cpu/map.h"
#include "ops/conv2d.h"

namespace hebb {
namespace {

// Where a pixel lies among the rows of a grid over all images.
struct Pixel {
  int64_t image, y, x;
  Pixel(int64_t row, int64_t height, int64_t width) : image(row / (height * width)), y(row / width % height), x(row % width) {}
};

// `count` channels of a pixel, zero outside the image.
template <typename E>
inline void widen_pixel(const E* from, int64_t height, int64_t width, int64_t channels, int64_t image, int64_t y, int64_t x,
                        int64_t first, int64_t count, float* to) {
  if (y < 0 || y >= height || x < 0 || x >= width)
    std::fill_n(to, count, 0.0f);
  else
    widen(from + ((image * height + y) * width + x) * channels + first, count, to);
}

// Channels [first, first + count) of one tap of the window of an output pixel.
template <typename E>
inline void widen_tap(const ConvShape& s, const E* images, const Pixel& at, int64_t tap, int64_t first, int64_t count,
                      float* to) {
  widen_pixel(images, s.h, s.w, s.c, at.image, at.y * s.stride_h - s.pad_top + tap / s.kw * s.dilation_h,
              at.x * s.stride_w - s.pad_left + tap % s.kw * s.dilation_w, first, count, to);
}

// y [pixels, K] = windows [pixels, taps C] times wᵀ.
template <typename E>
struct Forward {
  const ConvShape& s;
  const ConvData<E>& d;
  int64_t m = s.pixels(), n = s.k, taps = 1, depth = s.window();

  void left(int64_t begin, int64_t end, int64_t, int64_t from, int64_t count, float* to) const {
    for (int64_t row = begin; row < end; ++row) {
      const Pixel at(row, s.oh, s.ow);
      for (int64_t i = from, part = 0; i < from + count; i += part, to += part) {
        part = std::min(s.c - i % s.c, from + count - i);
        widen_tap(s, d.x, at, i / s.c, i % s.c, part, to);
      }
    }
  }
  Matrix<E> right(int64_t, int64_t from, int64_t column) const { return {d.w + column * s.window() + from, 1, s.window()}; }
  void write(const float* sums, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
    E* to = d.y + row * s.k + column;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        to[i * s.k + j] = sums[i * columns + j] + (d.bias == nullptr ? 0.0f : static_cast<float>(d.bias[column + j]));
    finish_rows(to, rows, columns, s.k, d.epilogue.from(row * s.k + column));
  }
};

// Along one axis, the input pixels phase, phase + stride, …, which see the same taps: first, first + step, … of the filter.
struct Phase {
  int64_t phase, stride, pixels, pad, dilation, first, step, taps;
  Phase(int64_t which, int64_t size, int64_t strides, int64_t padding, int64_t dilated, int64_t kernel)
      : phase(which),
        stride(strides),
        pixels(size > which ? (size - which + strides - 1) / strides : 0),
        pad(padding),
        dilation(dilated) {
    first = 0;
    while (first < kernel && (phase + pad - first * dilation) % stride != 0) ++first;
    step = 1;
    while (step * dilation % stride != 0) ++step;
    taps = first < kernel ? (kernel - first + step - 1) / step : 0;
  }
  int64_t tap(int64_t i) const { return first + i * step; }
  int64_t input(int64_t i) const { return phase + i * stride; }
  // The output pixel that met input(i) by tap(t).
  int64_t output(int64_t i, int64_t t) const { return (input(i) + pad - tap(t) * dilation) / stride; }
  bool exists(int64_t i, int64_t t) const { return input(i) + pad >= tap(t) * dilation; }
};

// Of one phase of both axes: dx [pixels, C] = the gradients [pixels, taps K] that met each pixel, times filters.
template <typename E>
struct InputGrad {
  const ConvShape& s;
  const ConvData<E>& d;
  Phase y, x;
  int64_t m = s.n * y.pixels * x.pixels, n = s.c, taps = y.taps * x.taps, depth = s.k;

  void left(int64_t begin, int64_t end, int64_t tap, int64_t from, int64_t count, float* to) const {
    const int64_t ty = tap / x.taps, tx = tap % x.taps;
    for (int64_t row = begin; row < end; ++row, to += count) {
      const Pixel at(row, y.pixels, x.pixels);
      const bool exists = y.exists(at.y, ty) && x.exists(at.x, tx);
      widen_pixel(d.y, s.oh, s.ow, s.k, at.image, exists ? y.output(at.y, ty) : -1, x.output(at.x, tx), from, count, to);
    }
  }
  Matrix<E> right(int64_t tap, int64_t from, int64_t column) const {
    const int64_t at = y.tap(tap / x.taps) * s.kw + x.tap(tap % x.taps);
    return {d.w + from * s.window() + at * s.c + column, s.window(), 1};
  }
  void write(const float* sums, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
    for (int64_t i = 0; i < rows; ++i) {
      const Pixel at(row + i, y.pixels, x.pixels);
      E* to = d.x + ((at.image * s.h + y.input(at.y)) * s.w + x.input(at.x)) * s.c + column;
      if (taps == 0)
        std::fill_n(to, columns, E(0.0f));
      else
        map_serial(to, sums + i * columns, columns, [](float value) { return value; });
    }
  }
};

// dw [K, taps C] = the gradient's transpose times windows, channels of one tap at a time.
template <typename E>
void filter_gradient(const ConvShape& s, const ConvData<E>& d) {
  const int64_t pieces = std::max<int64_t>(1, s.c / kPieceColumns), taps = s.kh * s.kw;
  const auto begin = [&](int64_t i) { return i / pieces * s.c + i % pieces * s.c / pieces; };
  const PiecedProduct<E> product = {d.y, s.pixels(), s.k, s.window(), false, reinterpret_cast<float*>(d.w)};
  multiply_pieces(product, taps * pieces, (s.c + pieces - 1) / pieces, begin,
                  [&](int64_t piece, int64_t first, int64_t rows, float* to) {
                    const int64_t at = begin(piece), side = begin(piece + 1) - at;
                    for (int64_t row = first; row < first + rows; ++row, to += side)
                      widen_tap(s, d.x, Pixel(row, s.oh, s.ow), at / s.c, at % s.c, side, to);
                  });
}

}  // namespace

template <typename E>
void conv2d_windows(const ConvShape& s, ConvPass pass, const ConvData<E>& d) {
  if (pass == ConvPass::kForward) return multiply_by_columns(Forward<E>{s, d});
  if (pass == ConvPass::kFilterGrad) return filter_gradient(s, d);
  for (int64_t y = 0; y < s.stride_h; ++y)
    for (int64_t x = 0; x < s.stride_w; ++x)
      multiply_by_columns(InputGrad<E>{s, d, Phase(y, s.h, s.stride_h, s.pad_top, s.dilation_h, s.kh),
                                       Phase(x, s.w, s.stride_w, s.pad_left, s.dilation_w, s.kw)});
}

template void conv2d_windows(const ConvShape&, ConvPass, const ConvData<float>&);
template void conv2d_windows(const ConvShape&, ConvPass, const ConvData<BFloat16>&);

}  // namespace hebb
