// What a pooling window may be: checked before any memory is touched.
#include <climits>

#include "cpu/check.h"
#include "ops/pool2d.h"

namespace hebb {
namespace {

int read_attributes(const Call& call, hebb_error& error, const char* op, PoolShape& s) {
  struct Field {
    const char* name;
    int64_t low;
    int64_t* value;
  };
  const Field fields[] = {{"kh", 1, &s.kh},
                          {"kw", 1, &s.kw},
                          {"strideH", 1, &s.stride_h},
                          {"strideW", 1, &s.stride_w},
                          {"padTop", 0, &s.pad_top},
                          {"padBottom", 0, &s.pad_bottom},
                          {"padLeft", 0, &s.pad_left},
                          {"padRight", 0, &s.pad_right}};
  for (uint32_t i = 0; i < 8; ++i) {
    const Field& f = fields[i];
    if (const int status = integer_attribute(call, error, op, f.name, i, f.low, INT_MAX, f.value)) return status;
  }
  return HEBB_OK;
}

int64_t places(int64_t size, int64_t kernel, int64_t stride, int64_t before, int64_t after) {
  const int64_t left = size + before + after - kernel;
  return left < 0 ? -1 : left / stride + 1;
}

}  // namespace

int check_pool2d(const Call& call, hebb_error& error, const char* op, const View& x, const View& y, PoolShape& s) {
  if (!is_float(x.dtype)) return fail_dtype(error, op, "an image", "a floating-point dtype", x.dtype);
  if (const int status = check_dtype(error, op, "the pooled images", y, x.dtype)) return status;
  if (x.rank != 4 || y.rank != 4)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected images [N, H, W, C] and [N, OH, OW, C], received %s and %s", op,
                DimsText(x).c_str(), DimsText(y).c_str());
  if (const int status = read_attributes(call, error, op, s)) return status;
  s.n = x.dims[0], s.h = x.dims[1], s.w = x.dims[2], s.c = x.dims[3], s.oh = y.dims[1], s.ow = y.dims[2];
  // Sums of these with a window and its padding cannot wrap, and h * w + w fits the int32 of an index.
  if (s.h > INT_MAX || s.w > INT_MAX || (s.w > 0 && s.h > INT_MAX / s.w))
    return fail(error, HEBB_BAD_SHAPE, "%s: expected images of fewer than 2^31 pixels, received %s", op, DimsText(x).c_str());
  if (s.pad_top >= s.kh || s.pad_bottom >= s.kh || s.pad_left >= s.kw || s.pad_right >= s.kw)
    return fail(error, HEBB_BAD_RANGE, "%s: expected padding smaller than the %lld x %lld window, so that no window lies outside",
                op, (long long)s.kh, (long long)s.kw);
  const int64_t oh = places(s.h, s.kh, s.stride_h, s.pad_top, s.pad_bottom);
  const int64_t ow = places(s.w, s.kw, s.stride_w, s.pad_left, s.pad_right);
  if (y.dims[0] != s.n || y.dims[3] != s.c || oh != s.oh || ow != s.ow)
    return fail(
        error, HEBB_BAD_SHAPE,
        "%s: a %lld x %lld window over %s makes [%lld, %lld, %lld, %lld] ((size + padding - window) / stride + 1; -1: the window "
        "does not fit), received %s",
        op, (long long)s.kh, (long long)s.kw, DimsText(x).c_str(), (long long)s.n, (long long)oh, (long long)ow, (long long)s.c,
        DimsText(y).c_str());
  if ((s.h == 0 || s.w == 0) && elements(y) > 0)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected images with pixels, received %s", op, DimsText(x).c_str());
  return HEBB_OK;
}

int check_average_pool(const Call& call, hebb_error& error, const char* op, bool gradient, AveragePool& p) {
  const uint32_t follows = gradient && call.n_inputs == 2;
  if (const int status = check_operands(call, error, op, 1, 1 + follows, 9 + follows)) return status;
  const View &in = call.inputs[0], &out = call.outputs[0];
  if (const int status = check_pool2d(call, error, op, gradient ? out : in, gradient ? in : out, p.shape)) return status;
  if (const int status = flag_attribute(call, error, op, "countPadding", 8, &p.count_padding)) return status;
  if (!follows) return HEBB_OK;
  const auto first = static_cast<int64_t>(Activation::kReluGrad), last = static_cast<int64_t>(Activation::kCount) - 1;
  int64_t activation = 0;
  if (const int status = integer_attribute(call, error, op, "activation", 9, first, last, &activation)) return status;
  p.activation = static_cast<Activation>(activation);
  p.at = call.inputs[1].data;
  return check_residual(error, op, out, &call.inputs[1]);
}

}  // namespace hebb
