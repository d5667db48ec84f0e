// conv2d and its gradients: cuDNN where it has a deterministic algorithm for the shape, own loops otherwise.
#include "cpu/check.h"
#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cpu/widen.h"
#include "cuda/device.h"
#include "cuda/epilogue.cuh"
#include "ops/conv2d.cuda.h"
#include "ops/conv2d.h"

namespace hebb {
namespace {

int widened_forward(const Call& call, hebb_error& error);
int widened_input_grad(const Call& call, hebb_error& error);
int widened_filter_grad(const Call& call, hebb_error& error);

template <typename T>
struct AddChannel {
  const T* bias;
  const T* y;
  int64_t channels;
  __device__ Wide<T> operator()(int64_t i) const { return widened(y[i]) + widened(bias[i % channels]); }
};

// y = the bias of each channel, or zero.
template <typename T>
void fill_channels(T* y, int64_t pixels, int64_t channels, const T* bias, int dtype) {
  const T zero = 0;
  if (bias == nullptr) return fill(y, pixels * channels, dtype, &zero);
  StridedCopy rows;
  rows.append(pixels, channels, 0);
  rows.append(channels, 1, 1);
  if (pixels > 0 && channels > 0) copy_strided(rows, dtype, y, bias);
}

template <typename T>
void fill_empty(const ConvShape& s, ConvPass pass, const ConvData<T>& d, int dtype) {
  if (pass == ConvPass::kForward) return fill_channels(d.y, s.pixels(), s.k, d.bias, dtype);
  if (pass == ConvPass::kInputGrad) return fill_channels<T>(d.x, s.n * s.h * s.w, s.c, nullptr, dtype);
  return fill_channels<T>(d.w, s.filter(), 1, nullptr, dtype);
}

// False, with nothing done, for what has to be widened.
template <typename T>
bool convolve(const ConvShape& s, ConvPass pass, const ConvData<T>& d, ConvMath math) {
  if constexpr (sizeof(T) <= 4) {
    if (cudnn_conv2d(s, pass, d, math)) {
      if (pass == ConvPass::kForward && d.bias != nullptr) map_places(d.y, s.pixels() * s.k, AddChannel<T>{d.bias, d.y, s.k});
      return true;
    }
  }
  if constexpr (!kIsHalf<T>) direct_conv2d(s, pass, d);
  return !kIsHalf<T>;
}

int run(const Call& call, hebb_error& error, const char* op, ConvPass pass, ConvMath math) {
  ConvOperands o;
  if (const int status = check_convolution(call, error, op, pass, o)) return status;
  // A mantissa of 16 bits fits into TF32's, so that widened operands lose nothing there.
  const auto widened = [&] {
    constexpr Kernel kernels[] = {widened_forward, widened_input_grad, widened_filter_grad};
    return run_widened(kernels[static_cast<int>(pass)], call, error);
  };
  const bool halves = has_halves(call);
  // The gradient of filters in 16 bits may be float32.
  if (halves && (o.shape.empty() || o.w->dtype != o.x->dtype)) return widened();
  bool done = false;
  with_any_float(o.x->dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ConvData<T> d = conv_data<T>(o);
    if constexpr (!kIsHalf<T>) {
      done = o.shape.empty();
      if (done) fill_empty(o.shape, pass, d, o.x->dtype);
    }
    done = done || convolve<T>(o.shape, pass, d, math);
    if (done && pass == ConvPass::kForward) finish(d.y, o.shape.pixels() * o.shape.k, d.epilogue);
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
