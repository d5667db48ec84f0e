// What a convolution may be given: checked before any memory is touched.
#include <algorithm>
#include <climits>
#include <initializer_list>

#include "cpu/check.h"
#include "ops/conv2d.h"

namespace hebb {
namespace {

int read_attributes(const Call& call, hebb_error& error, const char* op, ConvShape& s) {
  struct Field {
    const char* name;
    int64_t low;
    int64_t* value;
  };
  const Field fields[] = {{"strideH", 1, &s.stride_h},     {"strideW", 1, &s.stride_w},     {"padTop", 0, &s.pad_top},
                          {"padBottom", 0, &s.pad_bottom}, {"padLeft", 0, &s.pad_left},     {"padRight", 0, &s.pad_right},
                          {"dilationH", 1, &s.dilation_h}, {"dilationW", 1, &s.dilation_w}, {"groups", 1, &s.groups}};
  for (uint32_t i = 0; i < 9; ++i) {
    const Field& f = fields[i];
    if (const int status = integer_attribute(call, error, op, f.name, i, f.low, INT_MAX, f.value)) return status;
  }
  return HEBB_OK;
}

// The number of places where a window fits, or -1 where it never does.
int64_t places(int64_t size, int64_t kernel, int64_t stride, int64_t before, int64_t after, int64_t dilation) {
  const int64_t left = size + before + after - (dilation * (kernel - 1) + 1);
  return kernel < 1 || left < 0 ? -1 : left / stride + 1;
}

int check_sizes(hebb_error& error, const char* op, const ConvShape& s, const View& w) {
  if (s.c % s.groups != 0 || s.k % s.groups != 0 || w.dims[3] != s.c / s.groups)
    return fail(
        error, HEBB_BAD_SHAPE,
        "%s: expected groups that divide both channel counts and filters of C / groups channels, received %lld groups, C = "
        "%lld, K = %lld and filters of %lld channels",
        op, (long long)s.groups, (long long)s.c, (long long)s.k, (long long)w.dims[3]);
  const int64_t oh = places(s.h, s.kh, s.stride_h, s.pad_top, s.pad_bottom, s.dilation_h);
  const int64_t ow = places(s.w, s.kw, s.stride_w, s.pad_left, s.pad_right, s.dilation_w);
  if (oh != s.oh || ow != s.ow)
    return fail(
        error, HEBB_BAD_SHAPE,
        "%s: a %lld x %lld image with %lld x %lld filters makes %lld x %lld outputs ((size + padding - dilation (kernel - 1) - "
        "1) / stride + 1; -1: the filter does not fit), received %lld x %lld",
        op, (long long)s.h, (long long)s.w, (long long)s.kh, (long long)s.kw, (long long)oh, (long long)ow, (long long)s.oh,
        (long long)s.ow);
  return HEBB_OK;
}

}  // namespace

int conv2d_output(const Call& call, hebb_error& error, const char* op, const View& x, const View& w, View& y) {
  if (w.rank != 4)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected filters [K, kh, kw, C / groups], received %s", op, DimsText(w).c_str());
  ConvShape s;
  if (const int status = read_attributes(call, error, op, s)) return status;
  const int64_t kh = std::min<int64_t>(w.dims[1], INT_MAX), kw = std::min<int64_t>(w.dims[2], INT_MAX);
  y.dims[0] = x.dims[0];
  y.dims[1] = std::max<int64_t>(0, places(x.dims[1], kh, s.stride_h, s.pad_top, s.pad_bottom, s.dilation_h));
  y.dims[2] = std::max<int64_t>(0, places(x.dims[2], kw, s.stride_w, s.pad_left, s.pad_right, s.dilation_w));
  y.dims[3] = w.dims[0];
  return HEBB_OK;
}

int check_conv2d(const Call& call, hebb_error& error, const char* op, const View& x, const View& w, const View& y,
                 const View* bias, ConvPass pass, ConvShape& s) {
  const int filters = pass == ConvPass::kFilterGrad ? wide_dtype(x.dtype) : x.dtype;
  if (!is_float(x.dtype)) return fail_dtype(error, op, "an image", "a floating-point dtype", x.dtype);
  if (const int status = check_dtype(error, op, "the filters", w, filters)) return status;
  if (const int status = check_dtype(error, op, "the output images", y, x.dtype)) return status;
  if (x.rank != 4 || w.rank != 4 || y.rank != 4)
    return fail(
        error, HEBB_BAD_SHAPE,
        "%s: expected images [N, H, W, C], filters [K, kh, kw, C / groups] and outputs [N, OH, OW, K], received %s, %s and %s",
        op, DimsText(x).c_str(), DimsText(w).c_str(), DimsText(y).c_str());
  if (const int status = read_attributes(call, error, op, s)) return status;
  for (const View* view : {&x, &w, &y})
    for (int i = 0; i < 4; ++i)
      if (view->dims[i] > INT_MAX)
        return fail(error, HEBB_BAD_SHAPE, "%s: expected dimensions below 2^31, received %s", op, DimsText(*view).c_str());
  s.n = x.dims[0], s.h = x.dims[1], s.w = x.dims[2], s.c = x.dims[3];
  s.k = w.dims[0], s.kh = w.dims[1], s.kw = w.dims[2], s.oh = y.dims[1], s.ow = y.dims[2];
  if (y.dims[0] != s.n || y.dims[3] != s.k)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected outputs of %lld images with %lld channels, received %s", op, (long long)s.n,
                (long long)s.k, DimsText(y).c_str());
  if (const int status = check_sizes(error, op, s, w)) return status;
  if (bias == nullptr) return HEBB_OK;
  if (const int status = check_dtype(error, op, "the bias", *bias, x.dtype)) return status;
  if (bias->rank != 1 || bias->dims[0] != s.k)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected a bias of shape [%lld], received %s", op, (long long)s.k,
                DimsText(*bias).c_str());
  return HEBB_OK;
}

int check_convolution(const Call& call, hebb_error& error, const char* op, ConvPass pass, ConvOperands& o) {
  if (pass == ConvPass::kForward) {
    if (const int status = read_epilogue(call, error, op, 9, 7, o.more)) return status;
    if (const int status = check_views(call, error, op)) return status;
  } else if (const int status = check_operands(call, error, op, 1, 2, 9)) {
    return status;
  }
  o.x = &call.inputs[0], o.w = &call.inputs[1], o.y = &call.outputs[0];
  if (pass == ConvPass::kInputGrad) std::swap(o.x, o.y);
  if (pass == ConvPass::kFilterGrad) o.y = o.w, o.w = &call.outputs[0];
  if (const int status = check_conv2d(call, error, op, *o.x, *o.w, *o.y, o.more.bias, pass, o.shape)) return status;
  if (const int status = check_residual(error, op, *o.y, o.more.residual)) return status;
  return o.more.packed == nullptr ? static_cast<int>(HEBB_OK)
                                  : check_dtype(error, op, "packed filters", *o.more.packed, HEBB_FLOAT32);
}

int check_pack_filter(const Call& call, hebb_error& error, const char* op, ConvShape& shape) {
  if (const int status = check_operands(call, error, op, 1, 1, 13)) return status;
  View x = {}, y = {};
  x.rank = y.rank = 4;
  x.dtype = y.dtype = call.inputs[0].dtype;
  const char* names[] = {"N", "H", "W", "C"};
  for (uint32_t i = 0; i < 4; ++i)
    if (const int status = integer_attribute(call, error, op, names[i], 9 + i, 1, INT_MAX, &x.dims[i])) return status;
  const View &w = call.inputs[0], &packed = call.outputs[0];
  if (const int status = check_dtype(error, op, "packed filters", packed, HEBB_FLOAT32)) return status;
  if (const int status = conv2d_output(call, error, op, x, w, y)) return status;
  if (const int status = check_conv2d(call, error, op, x, w, y, nullptr, ConvPass::kForward, shape)) return status;
  return HEBB_OK;
}

}  // namespace hebb
