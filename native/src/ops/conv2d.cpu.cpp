// conv2d and its two gradients: which way a shape is computed, and zero-size images.
#include "ops/conv2d.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cpu/check.h"
#include "cpu/gemm_tall.h"
#include "cpu/gemm_widened.h"
#include "cpu/onednn.h"
#include "cpu/parallel.h"
#include "cpu/simd.h"
#include "cpu/widen.h"
#include "cpu/widenProduct.h"
#include "ops/conv2dFew.h"
#include "ops/conv2dWinograd.h"

namespace hebb {
namespace {

enum class Choice { kAuto, kDirect, kWinograd };

Choice choice() {
  static const Choice chosen = [] {
    const char* text = std::getenv("HEBB_CONV");
    if (text == nullptr) return Choice::kAuto;
    return std::strcmp(text, "direct") == 0     ? Choice::kDirect
           : std::strcmp(text, "winograd") == 0 ? Choice::kWinograd
                                                : Choice::kAuto;
  }();
  return chosen;
}

// Winograd does a quarter of the products of 3 x 3, a third of those of 5 x 5, but transforms images and filters and rounds
// outputs up to tiles: it wins where these are mostly full, from 32 channels on both sides (enough products for each transform),
// and with so many tiles that the transform of the filters, or reading them where it was made before, is not all there is.
bool winograd(const ConvShape& s) {
  if (!winograd_fits(s) || choice() == Choice::kDirect) return false;
  if (choice() == Choice::kWinograd) return true;
  const int64_t side = 7 - s.kh, tiles = (s.oh + side - 1) / side * ((s.ow + side - 1) / side);
  return s.c >= 32 && s.k >= 32 && s.n * tiles >= 32 && side * side * tiles <= 2 * s.oh * s.ow;
}

// The gradient of an image of few channels fills a fraction of each vector of a direct kernel; windows are wider.
bool windows(const ConvShape& s, ConvPass pass) { return pass == ConvPass::kInputGrad && s.groups == 1 && s.c <= 8 && s.k >= 32; }

constexpr bool kNarrow = kVectorBytes == 32;  // vectors of AVX2

// Filters of one pixel that do not fit the second-level cache, or gradients of long ones.
bool product(const ConvShape& s, ConvPass pass) {
  return s.pointwise() && (s.filter() >= 1 << 20 || (pass == ConvPass::kFilterGrad && (kNarrow || s.c >= 1024)));
}

// Wider filters over many pixels, as products of windows; of few channels a window is many short pieces.
bool wide_windows(const ConvShape& s) {
  return !s.pointwise() && s.groups == 1 && s.c >= 32 && s.k >= 32 && s.pixels() >= kWidenedRows;
}

// Gradients of filters of one pixel over more pixels than channels, which stay in the cache as sums.
bool many_pixels(const ConvShape& s, ConvPass pass) {
  return pass == ConvPass::kFilterGrad && s.pointwise() && s.pixels() > std::max(s.c, s.k);
}

// With vectors of AVX2 oneDNN is at half of the peak where windows have strides or images are small, and products of windows at
// three quarters; gathering them has to be repaid.
bool windows_pay(const ConvShape& s, ConvPass pass) {
  if (!kNarrow || !wide_windows(s)) return false;
  const bool strides = s.stride_h > 1 || s.stride_w > 1;
  return std::min(s.c, s.k) >= 128 || (pass == ConvPass::kFilterGrad && strides);
}

// Rules found by measurement; they depend on the shape alone, so that results are the same at every run.
void convolve(const ConvShape& s, ConvPass pass, const ConvData<float>& d) {
  const auto finish = [&] { finish_all(d.y, s.pixels() * s.k, d.epilogue); };
  if (winograd(s)) return conv2d_winograd(s, pass, d);
  if (conv2d_few_fits(s, pass)) return conv2d_few(s, pass, d);
  if (d.packed == nullptr && windows_pay(s, pass)) return conv2d_windows(s, pass, d);
  if (windows(s, pass)) return conv2d_columns(s, pass, d);
  if (many_pixels(s, pass)) return conv2d_pointwise_gradient(s, d.x, d.y, d.w);
  if (d.packed == nullptr && product(s, pass)) return conv2d_pointwise(s, pass, d);
  if (onednn_conv2d(s, pass, d)) return finish();
  conv2d_columns(s, pass, d);
}

void convolve(const ConvShape& s, ConvPass pass, const ConvData<double>& d) {
  if (s.pointwise())
    conv2d_pointwise(s, pass, d);
  else
    conv2d_columns(s, pass, d);
}

int64_t moved(const ConvShape& s) { return s.n * s.h * s.w * s.c + s.filter() + s.pixels() * s.k; }

bool widened(const ConvShape& s) { return widening_pays(s.pixels() * s.filter(), moved(s)); }

// Filters of one pixel, whose products widen some pixels at a time.
bool pixels_widened(const ConvShape& s, ConvPass pass, const ConvData<BFloat16>& d) {
  if (!s.pointwise() || d.packed != nullptr || !widening_rows_pays(s.pixels() * s.filter(), moved(s))) return false;
  return pass == ConvPass::kFilterGrad || s.pixels() >= kWidenedRows;
}

// False where this machine or oneDNN has no products of bfloat16, or none that pay.
bool convolve_bf16(const ConvShape& s, ConvPass pass, const ConvData<BFloat16>& d) {
  // A quarter of the products in float32 take less time than all of them in bfloat16, unless matrix units do these.
  if (winograd(s) && !matrix_units()) return conv2d_winograd(s, pass, d), true;
  if (conv2d_few_fits(s, pass)) return conv2d_few(s, pass, d), true;
  if (pixels_widened(s, pass, d)) return conv2d_pointwise(s, pass, d), true;
  if (d.packed == nullptr && wide_windows(s) && widened(s)) return conv2d_windows(s, pass, d), true;
  if (widened(s)) return false;
  if (pass == ConvPass::kFilterGrad && s.pointwise()) {
    if (!bf16_instructions()) return false;
    // The gradient is float32.
    conv2d_pointwise_gradient(s, d.x, d.y, reinterpret_cast<float*>(d.w));
    return true;
  }
  if (!onednn_conv2d(s, pass, d)) return false;
  if (pass == ConvPass::kForward) finish_all(d.y, s.pixels() * s.k, d.epilogue);
  return true;
}

template <typename T>
void fill_channels(T* y, int64_t count, int64_t channels, const T* bias) {
  for (int64_t i = 0; i < count; ++i) y[i] = bias == nullptr ? T(0) : bias[i % channels];
}

// Where the sums are empty the output is the bias, or zero.
template <typename T>
void run(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  if (s.empty()) {
    if (pass == ConvPass::kForward) {
      fill_channels(d.y, s.pixels() * s.k, s.k, d.bias);
      return finish_all(d.y, s.pixels() * s.k, d.epilogue);
    }
    if (pass == ConvPass::kInputGrad) return fill_channels<T>(d.x, s.n * s.h * s.w * s.c, 1, nullptr);
    return fill_channels<T>(d.w, s.filter(), 1, nullptr);
  }
  convolve(s, pass, d);
}

int run(const Call& call, hebb_error& error, const char* op, ConvPass pass, Kernel kernel) {
  ConvOperands o;
  if (const int status = check_convolution(call, error, op, pass, o)) return status;
  if (has_halves(call)) {
    if (o.x->dtype == HEBB_BFLOAT16 && !o.shape.empty() && convolve_bf16(o.shape, pass, conv_data<BFloat16>(o))) return HEBB_OK;
    if (pass == ConvPass::kForward) return run_product_widened(kernel, call, error, op, 9, 7);
    return run_widened(kernel, call, error);
  }
  with_float(o.x->dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    run<T>(o.shape, pass, conv_data<T>(o));
  });
  return HEBB_OK;
}

}  // namespace

// w [K,kh,kw,C] -> filters as a conv2d of images [N,H,W,C] with one group wants them (cpu/onednn.h); attributes: those of the
// conv2d, then N, H, W, C. Filters that need no packing, or do not fit, leave zeros.
int packFilter_kernel(const Call& call, hebb_error& error) {
  ConvShape shape;
  if (const int status = check_pack_filter(call, error, "packFilter", shape)) return status;
  const View &w = call.inputs[0], &packed = call.outputs[0];
  std::memset(packed.data, 0, static_cast<size_t>(elements(packed)) * sizeof(float));
  if (shape.empty() || shape.groups != 1) return HEBB_OK;
  if (w.dtype == HEBB_BFLOAT16) {
    if (!winograd(shape) && widened(shape)) return run_widened(packFilter_kernel, call, error);
    if (matrix_units() || !winograd(shape) || !winograd_pack_filter(shape, data<BFloat16>(w), packed))
      onednn_pack_filter(shape, data<BFloat16>(w), packed);
  } else if (w.dtype == HEBB_FLOAT32) {
    if (!winograd(shape) || !winograd_pack_filter(shape, data<float>(w), packed))
      onednn_pack_filter(shape, data<float>(w), packed);
  }
  return HEBB_OK;
}

// x [N,H,W,C], w [K,kh,kw,C/g], optional bias [K] -> y [N,OH,OW,K]: cross-correlation. An epilogue may follow (cpu/epilogue.h).
int conv2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "conv2d", ConvPass::kForward, conv2d_kernel); }

// g [N,OH,OW,K], w -> dx [N,H,W,C].
int conv2dInputGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dInputGrad", ConvPass::kInputGrad, conv2dInputGrad_kernel);
}

// x, g -> dw [K,kh,kw,C/g], float32 where those have 16 bits.
int conv2dFilterGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dFilterGrad", ConvPass::kFilterGrad, conv2dFilterGrad_kernel);
}

}  // namespace hebb
