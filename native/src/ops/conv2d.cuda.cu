// conv2d and its gradients: cuDNN where it has a deterministic algorithm for the shape, own loops otherwise.
#include "cpu/check.h"
#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cpu/widen.h"
#include "cuda/epilogue.cuh"
#include "ops/conv2d.cuda.h"
#include "ops/conv2d.h"

namespace hebb {
namespace {

template <typename T>
struct AddChannel {
  const T* bias;
  const T* y;
  int64_t channels;
  __device__ T operator()(int64_t i) const { return y[i] + bias[i % channels]; }
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
void convolve(const ConvShape& s, ConvPass pass, const ConvData<T>& d, int dtype) {
  if (s.empty()) {
    if (pass == ConvPass::kForward) return fill_channels(d.y, s.pixels(), s.k, d.bias, dtype);
    if (pass == ConvPass::kInputGrad) return fill_channels<T>(d.x, s.n * s.h * s.w, s.c, nullptr, dtype);
    return fill_channels<T>(d.w, s.filter(), 1, nullptr, dtype);
  }
  if constexpr (sizeof(T) == 4) {
    if (cudnn_conv2d(s, pass, d)) {
      if (pass == ConvPass::kForward && d.bias != nullptr) map_places(d.y, s.pixels() * s.k, AddChannel<T>{d.bias, d.y, s.k});
      return;
    }
  }
  direct_conv2d(s, pass, d);
}

int run(const Call& call, hebb_error& error, const char* op, ConvPass pass, Kernel kernel) {
  ConvOperands o;
  if (const int status = check_convolution(call, error, op, pass, o)) return status;
  if (has_halves(call)) return run_widened(kernel, call, error);
  with_float(o.x->dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ConvData<T> d = conv_data<T>(o);
    convolve<T>(o.shape, pass, d, o.x->dtype);
    if (pass == ConvPass::kForward) finish(d.y, o.shape.pixels() * o.shape.k, d.epilogue);
  });
  return HEBB_OK;
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

int conv2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "conv2d", ConvPass::kForward, conv2d_kernel); }
int conv2dInputGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dInputGrad", ConvPass::kInputGrad, conv2dInputGrad_kernel);
}
int conv2dFilterGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dFilterGrad", ConvPass::kFilterGrad, conv2dFilterGrad_kernel);
}

}  // namespace hebb
