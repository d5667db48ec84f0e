// conv2d and its gradients: cuDNN where it has a deterministic algorithm for the shape, own loops otherwise.
#include "cpu/check.h"
#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cpu/widen.h"
#include "cuda/device.h"
#include "cuda/epilogue.cuh"
#include "cuda/memory.h"
#include "ops/conv2d.cuda.h"
#include "ops/conv2d.h"
#include "ops/matmul.cuda.h"

namespace hebb {
namespace {

int widened_forward(const Call& call, hebb_error& error);
int widened_input_grad(const Call& call, hebb_error& error);
int widened_filter_grad(const Call& call, hebb_error& error);

// What has no terms is zero.
template <typename T>
void fill_output(const ConvShape& s, ConvPass pass, const ConvData<T>& d, int dtype) {
  const uint64_t zero = 0;
  if (pass == ConvPass::kForward) return fill(d.y, s.pixels() * s.k, dtype, &zero);
  if (pass == ConvPass::kInputGrad) return fill(d.x, s.n * s.h * s.w * s.c, dtype, &zero);
  fill(d.w, s.filter(), dtype, &zero);
}

// False, with nothing done, for 16 bits that cuDNN refuses.
template <typename T>
bool convolve(const ConvShape& s, ConvPass pass, const ConvData<T>& d, int dtype, ConvMath math) {
  if (s.empty()) return fill_output(s, pass, d, dtype), true;
  if constexpr (sizeof(T) <= 4)
    if (cudnn_conv2d(s, pass, {d.x, d.w, d.y, dtype, dtype, kIsHalf<T> ? d.bias : nullptr}, math)) return true;
  if constexpr (!kIsHalf<T>) direct_conv2d(s, pass, d);
  return !kIsHalf<T>;
}

// The gradient of 1 x 1 filters from 16 bits into float32: one product over all pixels. False, with nothing done, for other
// filters, and where cuBLASLt has no algorithm.
bool pointwise_filter_grad(const ConvOperands& o) {
  const ConvShape& s = o.shape;
  if (!s.pointwise()) return false;
  const bool strided = s.oh != s.h || s.ow != s.w;
  const Scratch seen(strided ? static_cast<uint64_t>(s.pixels() * s.c * dtype_bytes(o.x->dtype)) : 0);
  if (strided) {
    StridedCopy copy;
    copy.append(s.n, s.oh * s.ow * s.c, s.h * s.w * s.c);
    copy.append(s.oh, s.ow * s.c, s.stride_h * s.w * s.c);
    copy.append(s.ow, s.c, s.stride_w * s.c);
    copy.append(s.c, 1, 1);
    copy_strided(copy, o.x->dtype, seen.as<void>(), o.x->data);
  }
  MatmulProblem p = {};
  p.batch = 1, p.m = s.k, p.n = s.c, p.k = s.pixels();
  p.transpose_a = true;
  p.a = o.y->data, p.b = strided ? seen.as<void>() : o.x->data, p.y = o.w->data;
  return cuda_matmul(p, o.x->dtype, o.w->dtype);
}

// The gradient of filters from 16 bits into float32; false, with nothing done, where no library makes it.
bool mixed_filter_grad(const ConvOperands& o) {
  if (o.shape.empty()) return false;
  if (pointwise_filter_grad(o)) return true;
  const ConvArrays arrays = {o.x->data, o.w->data, o.y->data, o.x->dtype, o.w->dtype};
  return cudnn_conv2d(o.shape, ConvPass::kFilterGrad, arrays, ConvMath::kSingle);
}

int run(const Call& call, hebb_error& error, const char* op, ConvPass pass, ConvMath math) {
  ConvOperands o;
  if (const int status = check_convolution(call, error, op, pass, o)) return status;
  // A mantissa of 16 bits fits into TF32's, so that widened operands lose nothing there.
  const auto widened = [&] {
    constexpr Kernel kernels[] = {widened_forward, widened_input_grad, widened_filter_grad};
    return run_widened(kernels[static_cast<int>(pass)], call, error);
  };
  if (o.w->dtype != o.x->dtype) return mixed_filter_grad(o) ? HEBB_OK : widened();
  bool done = false;
  with_any_float(o.x->dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ConvData<T> d = conv_data<T>(o);
    done = convolve(o.shape, pass, d, o.x->dtype, math);
    if (!done || pass != ConvPass::kForward) return;
    // cuDNN added that of 16 bits before it rounded.
    const bool added = kIsHalf<T> && !o.shape.empty();
    finish(d.y, o.shape.pixels() * o.shape.k, d.epilogue, Bias<T>{added ? nullptr : d.bias, o.shape.k});
  });
  return done ? HEBB_OK : widened();
}

ConvMath default_math() { return device().tf32 ? ConvMath::kTf32 : ConvMath::kSingle; }

int widened_forward(const Call& call, hebb_error& error) {
  return run(call, error, "conv2d", ConvPass::kForward, ConvMath::kTf32);
}
int widened_input_grad(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dInputGrad", ConvPass::kInputGrad, ConvMath::kTf32);
}
int widened_filter_grad(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dFilterGrad", ConvPass::kFilterGrad, ConvMath::kTf32);
}

}  // namespace

// cuDNN packs filters itself where it wants to: what lies here is never read.
int packFilter_kernel(const Call& call, hebb_error& error) {
  ConvShape shape;
  if (const int status = check_pack_filter(call, error, "packFilter", shape)) return status;
  const float zero = 0;
  fill(call.outputs[0].data, elements(call.outputs[0]), HEBB_FLOAT32, &zero);
  return HEBB_OK;
}

int conv2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "conv2d", ConvPass::kForward, default_math()); }
int conv2dInputGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dInputGrad", ConvPass::kInputGrad, default_math());
}
int conv2dFilterGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dFilterGrad", ConvPass::kFilterGrad, default_math());
}

}  // namespace hebb
