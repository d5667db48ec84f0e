// avgPool2d and its gradient: a thread for each element written, which gathers what belongs to it.
#include "cpu/check.h"
#include "cuda/launch.cuh"
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

template <typename T>
__global__ void average_pool_gradient(PoolShape s, const T* g, T* dx, int64_t n, bool count_padding) {
  for_elements(n, [&](int64_t at) {
    const Element in(at, s.h, s.w, s.c);
    const Covering above(in.y, s.pad_top, s.kh, s.stride_h, s.oh), beside(in.x, s.pad_left, s.kw, s.stride_w, s.ow);
    const T* from = g + in.image * s.oh * s.ow * s.c + in.c;
    Wide<T> sum = 0;
    for (int64_t oy = above.begin; oy < above.end; ++oy)
      for (int64_t ox = beside.begin; ox < beside.end; ++ox)
        sum += widened(from[(oy * s.ow + ox) * s.c]) * window_scale<Wide<T>>(rows_of(s, oy), columns_of(s, ox), count_padding);
    dx[at] = sum;
  });
}

int run(const Call& call, hebb_error& error, const char* op, bool gradient) {
  if (const int status = check_operands(call, error, op, 1, 1, 9)) return status;
  const View &in = call.inputs[0], &out = call.outputs[0];
  PoolShape shape;
  if (const int status = check_pool2d(call, error, op, gradient ? out : in, gradient ? in : out, shape)) return status;
  bool count_padding = false;
  if (const int status = flag_attribute(call, error, op, "countPadding", 8, &count_padding)) return status;
  const int64_t n = elements(out);
  if (n == 0) return HEBB_OK;
  with_any_float(in.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (gradient)
      HEBB_LAUNCH(average_pool_gradient, grid_for(n), kThreads, shape, data<const T>(in), data<T>(out), n, count_padding);
    else
      HEBB_LAUNCH(average_pool, grid_for(n), kThreads, shape, data<const T>(in), data<T>(out), n, count_padding);
    check_launch(op);
  });
  return HEBB_OK;
}

}  // namespace

int avgPool2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2d", false); }
int avgPool2dGrad_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2dGrad", true); }

}  // namespace hebb
