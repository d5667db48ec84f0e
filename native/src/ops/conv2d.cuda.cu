// conv2d and its gradients: cuDNN where it has a deterministic algorithm for the shape, own loops otherwise.
#include <algorithm>

#include "cpu/check.h"
#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cuda/launch.cuh"
#include "cuda/map.cuh"
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

int run(const Call& call, hebb_error& error, const char* op, ConvPass pass) {
  const uint32_t inputs = pass == ConvPass::kForward ? std::clamp(call.n_inputs, 2u, 3u) : 2;
  if (const int status = check_operands(call, error, op, 1, inputs, 9)) return status;
  const View *x = &call.inputs[0], *w = &call.inputs[1], *y = &call.outputs[0];
  if (pass == ConvPass::kInputGrad) std::swap(x, y);
  if (pass == ConvPass::kFilterGrad) y = w, w = &call.outputs[0];
  const View* bias = inputs == 3 ? &call.inputs[2] : nullptr;
  ConvShape shape;
  if (const int status = check_conv2d(call, error, op, *x, *w, *y, bias, shape)) return status;
  with_float(x->dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    convolve<T>(shape, pass, {data<T>(*x), data<T>(*w), data<T>(*y), bias == nullptr ? nullptr : data<const T>(*bias)}, x->dtype);
  });
  return HEBB_OK;
}

}  // namespace

int conv2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "conv2d", ConvPass::kForward); }
int conv2dInputGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dInputGrad", ConvPass::kInputGrad);
}
int conv2dFilterGrad_kernel(const Call& call, hebb_error& error) {
  return run(call, error, "conv2dFilterGrad", ConvPass::kFilterGrad);
}

}  // namespace hebb
