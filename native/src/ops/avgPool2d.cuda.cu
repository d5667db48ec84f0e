// avgPool2d and its gradient: a thread for each element written, which gathers what belongs to it.
#include "cpu/check.h"
#include "cuda/launch.cuh"
#include "ops/activation.h"
#include "ops/pool2d.h"

namespace hebb {
namespace {

// An element of images [N, height, width, C].
struct Element {
  int64_t c, x, y, image;
  __device__ Element(int64_t at, int64_t height, int64_t width, int64_t channels)
      : c(at % channels), x(at / channels % width), y(at / channels / width % height), image(at / channels / width / height) {}
};

template <typename T>
__global__ void average_pool(PoolShape s, const T* x, T* y, int64_t n, bool count_padding) {
  begin_kernel();
  for_elements(n, [&](int64_t at) {
    const Element out(at, s.oh, s.ow, s.c);
    const WindowSpan rows = rows_of(s, out.y), columns = columns_of(s, out.x);
    const T* image = x + out.image * s.h * s.w * s.c + out.c;
    Wide<T> sum = 0;
    for (int64_t iy = rows.begin; iy < rows.end; ++iy)
      for (int64_t ix = columns.begin; ix < columns.end; ++ix) sum += widened(image[(iy * s.w + ix) * s.c]);
    y[at] = sum * window_scale<Wide<T>>(rows, columns, count_padding);
  });
}

// What follows takes the rounded gradient, as an op of its own would.
template <typename T, typename After>
__global__ void average_pool_gradient(PoolShape s, const T* g, T* dx, int64_t n, bool count_padding, After after) {
  begin_kernel();
  for_elements(n, [&](int64_t at) {
    const Element in(at, s.h, s.w, s.c);
    const Covering above(in.y, s.pad_top, s.kh, s.stride_h, s.oh), beside(in.x, s.pad_left, s.kw, s.stride_w, s.ow);
    const T* from = g + in.image * s.oh * s.ow * s.c + in.c;
    Wide<T> sum = 0;
    for (int64_t oy = above.begin; oy < above.end; ++oy)
      for (int64_t ox = beside.begin; ox < beside.end; ++ox)
        sum += widened(from[(oy * s.ow + ox) * s.c]) * window_scale<Wide<T>>(rows_of(s, oy), columns_of(s, ox), count_padding);
    dx[at] = after(widened(T(sum)), at);
  });
}

struct Nothing {
  template <typename A>
  __device__ A operator()(A dx, int64_t) const {
    return dx;
  }
};

template <typename T, typename Gradient>
struct ActivationAt {
  Gradient gradient;
  const T* y;
  __device__ Wide<T> operator()(Wide<T> dx, int64_t at) const { return gradient(dx, widened(y[at])); }
};

template <typename T>
void run_gradient(const AveragePool& p, const T* g, T* dx, int64_t n) {
  const auto launch = [&](const auto& after) {
    HEBB_LAUNCH(average_pool_gradient, grid_for(n), kThreads, p.shape, g, dx, n, p.count_padding, after);
  };
  if (p.at == nullptr) return launch(Nothing{});
  with_gradient(p.activation, [&](const auto& gradient) {
    launch(ActivationAt<T, std::decay_t<decltype(gradient)>>{gradient, static_cast<const T*>(p.at)});
  });
}

int run(const Call& call, hebb_error& error, const char* op, bool gradient) {
  AveragePool p;
  if (const int status = check_average_pool(call, error, op, gradient, p)) return status;
  const View &in = call.inputs[0], &out = call.outputs[0];
  const int64_t n = elements(out);
  if (n == 0) return HEBB_OK;
  with_any_float(in.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (gradient)
      run_gradient(p, data<const T>(in), data<T>(out), n);
    else
      HEBB_LAUNCH(average_pool, grid_for(n), kThreads, p.shape, data<const T>(in), data<T>(out), n, p.count_padding);
    check_launch(op);
  });
  return HEBB_OK;
}

}  // namespace

int avgPool2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2d", false); }
int avgPool2dGrad_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2dGrad", true); }

}  // namespace hebb
