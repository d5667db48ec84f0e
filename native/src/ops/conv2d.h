// The shape of a convolution, and the ways of computing one. Images are [N, H, W, C], filters [K, kh, kw, C / groups].
#pragma once

#include <cstdint>

#include "cpu/epilogue.h"
#include "cpu/kernel.h"
#include "math/hostDevice.h"

namespace hebb {

struct BFloat16;

struct ConvShape {
  int64_t n, h, w, c;
  int64_t k, kh, kw, oh, ow;
  int64_t stride_h, stride_w, pad_top, pad_bottom, pad_left, pad_right, dilation_h, dilation_w, groups;

  HEBB_HD int64_t group_c() const { return c / groups; }
  HEBB_HD int64_t group_k() const { return k / groups; }
  int64_t pixels() const { return n * oh * ow; }          // of the output
  int64_t window() const { return kh * kw * group_c(); }  // elements of one filter
  int64_t filter() const { return k * window(); }         // elements of all filters
  bool empty() const { return pixels() == 0 || filter() == 0; }
  bool pointwise() const { return kh == 1 && kw == 1 && groups == 1 && !padded(); }
  bool padded() const { return (pad_top | pad_bottom | pad_left | pad_right) != 0; }
};

enum class ConvPass { kForward, kInputGrad, kFilterGrad };

// x [N,H,W,C], w, y [N,OH,OW,K] of the pass: two are inputs, one is the output.
template <typename T>
struct ConvData {
  T *x, *w, *y;
  const T* bias;
  Epilogue<T> epilogue{};
  const View* packed = nullptr;  // filters laid out by packFilter, or null
};

// Fills `shape` from the attributes and the views, or refuses. `bias` may be null.
int check_conv2d(const Call& call, hebb_error& error, const char* op, const View& x, const View& w, const View& y,
                 const View* bias, ConvPass pass, ConvShape& shape);

// Gives y the dimensions that the attributes make of x and w, for where there is no output yet.
int conv2d_output(const Call& call, hebb_error& error, const char* op, const View& x, const View& w, View& y);

// What a call of conv2d or of a gradient is about.
struct ConvOperands {
  const View *x, *w, *y;
  EpilogueOperands more;
  ConvShape shape;
};
int check_convolution(const Call& call, hebb_error& error, const char* op, ConvPass pass, ConvOperands& operands);

// Fills the shape of the conv2d that packed filters are for.
int check_pack_filter(const Call& call, hebb_error& error, const char* op, ConvShape& shape);

template <typename T>
ConvData<T> conv_data(const ConvOperands& o) {
  const auto optional = [](const View* view) { return view == nullptr ? nullptr : data<const T>(*view); };
  const EpilogueOperands& more = o.more;
  return {data<T>(*o.x), data<T>(*o.w), data<T>(*o.y), optional(more.bias), {optional(more.residual), more.activation},
          more.packed};
}

// Windows of x copied out into rows, and a matrix product: any shape, float32 and float64.
template <typename T>
void conv2d_columns(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

// Windows of float or BFloat16 images in float32, some rows of them at a time, for one group. The gradient of the filters is
// float32.
template <typename T>
void conv2d_windows(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

// One matrix product over all pixels, for filters of one pixel without padding or groups. Of BFloat16 it sums up in float32,
// which the gradient of the filters is, too.
template <typename T>
void conv2d_pointwise(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

// The gradient of such filters as a product over rows (cpu/gemm_tall.h): float, or BFloat16 where bf16_instructions().
template <typename T>
void conv2d_pointwise_gradient(const ConvShape& s, const T* x, const T* g, float* dw);

}  // namespace hebb
