// maxPool2d: a thread for each output. Own code, since cuDNN gives no positions.
#include <algorithm>

#include "cpu/check.h"
#include "cuda/launch.cuh"
#include "ops/pool2d.h"

namespace hebb {
namespace {

template <typename T>
__global__ void max_pool(PoolShape s, const T* x, T* y, int32_t* k, int64_t n) {
  begin_kernel();
  for_elements(n, [&](int64_t at) {
    const int64_t c = at % s.c, ox = at / s.c % s.ow, oy = at / s.c / s.ow % s.oh, image = at / s.c / s.ow / s.oh;
    const WindowSpan rows = rows_of(s, oy), columns = columns_of(s, ox);
    const T* from = x + image * s.h * s.w * s.c + c;
    int64_t where = rows.begin * s.w + columns.begin;
    Wide<T> best = widened(from[where * s.c]);
    for (int64_t iy = rows.begin; iy < rows.end; ++iy)
      for (int64_t ix = columns.begin; ix < columns.end; ++ix) {
        const int64_t pixel = iy * s.w + ix;
        const Wide<T> value = widened(from[pixel * s.c]);
        if (beats(value, best)) best = value, where = pixel;
      }
    y[at] = best;
    if (k != nullptr) k[at] = static_cast<int32_t>(where);
  });
}

}  // namespace

int maxPool2d_kernel(const Call& call, hebb_error& error) {
  const char* op = "maxPool2d";
  const uint32_t outputs = std::clamp(call.n_outputs, 1u, 2u);
  if (const int status = check_operands(call, error, op, outputs, 1, 8)) return status;
  const View &x = call.inputs[0], &y = call.outputs[0];
  PoolShape shape;
  if (const int status = check_pool2d(call, error, op, x, y, shape)) return status;
  int32_t* k = nullptr;
  if (outputs == 2) {
    if (const int status = check_dtype(error, op, "the indices", call.outputs[1], HEBB_INT32)) return status;
    if (const int status = check_same_dims(error, op, "the indices", y, call.outputs[1])) return status;
    k = data<int32_t>(call.outputs[1]);
  }
  const int64_t n = elements(y);
  if (n == 0) return HEBB_OK;
  with_any_float(x.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    HEBB_LAUNCH(max_pool, grid_for(n), kThreads, shape, data<const T>(x), data<T>(y), k, n);
    check_launch(op);
  });
  return HEBB_OK;
}

}  // namespace hebb
