// avgPool2d and its gradient.
#include <algorithm>

#include "cpu/check.h"
#include "cpu/parallel.h"
#include "cpu/simd.h"
#include "ops/pool2d.h"

namespace hebb {
namespace {

int64_t row_grain(int64_t row) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, row)); }

constexpr int64_t kChannels = 64;  // channels added up together, near the core

// body(offset, lanes) over `count` channels, a vector or less at a time.
template <typename T, typename Body>
void for_vectors(int64_t count, const Body& body) {
  constexpr int64_t lanes = kVectorLanes<T>;
  for (int64_t c = 0; c < count; c += lanes) body(c, std::min(lanes, count - c));
}

template <typename T>
Vector<T> load_lanes(const T* from, int64_t lanes) {
  return lanes == kVectorLanes<T> ? load(from) : load_part(from, lanes);
}

template <typename T>
void store_lanes(T* to, const Vector<T>& v, int64_t lanes) {
  lanes == kVectorLanes<T> ? store(to, v) : store_part(to, v, lanes);
}

template <typename T>
void mean_of_window(const PoolShape& s, const T* image, const WindowSpan& rows, const WindowSpan& columns, int64_t count,
                    Wide<T> scale, T* y) {
  if constexpr (kIsHalf<T>) {
    float sum[kChannels] = {};
    for (int64_t iy = rows.begin; iy < rows.end; ++iy)
      for (int64_t ix = columns.begin; ix < columns.end; ++ix) {
        const T* x = image + (iy * s.w + ix) * s.c;
        for (int64_t c = 0; c < count; ++c) sum[c] += x[c];
      }
    for (int64_t c = 0; c < count; ++c) y[c] = sum[c] * scale;
  } else {
    for_vectors<T>(count, [&](int64_t c, int64_t lanes) {
      Vector<T> sum = {};
      for (int64_t iy = rows.begin; iy < rows.end; ++iy)
        for (int64_t ix = columns.begin; ix < columns.end; ++ix) sum += load_lanes(image + (iy * s.w + ix) * s.c + c, lanes);
      store_lanes(y + c, sum * scale, lanes);
    });
  }
}

template <typename T>
void average_pool(const PoolShape& s, const T* x, T* y, bool count_padding) {
  parallel_for(s.n * s.oh, row_grain(s.ow * s.c), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* image = x + row / s.oh * s.h * s.w * s.c;
      const WindowSpan rows = rows_of(s, row % s.oh);
      for (int64_t ox = 0; ox < s.ow; ++ox) {
        const WindowSpan columns = columns_of(s, ox);
        const auto scale = window_scale<Wide<T>>(rows, columns, count_padding);
        T* out = y + (row * s.ow + ox) * s.c;
        for (int64_t c = 0; c < s.c; c += kChannels)
          mean_of_window(s, image + c, rows, columns, std::min(kChannels, s.c - c), scale, out + c);
      }
    }
  });
}

// Each row of dx gathers from the windows that cover it, so that rows are written once and by one thread. Where windows do not
// overlap (`apart`) nothing is there to be added to.
template <typename T>
void average_pool_gradient(const PoolShape& s, const T* g, T* dx, bool count_padding) {
  const bool apart = s.kh <= s.stride_h && s.kw <= s.stride_w;
  parallel_for(s.n * s.h, row_grain(s.w * s.c), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      T* out = dx + row * s.w * s.c;
      std::fill_n(out, s.w * s.c, T(0));
      const Covering above(row % s.h, s.pad_top, s.kh, s.stride_h, s.oh);
      for (int64_t oy = above.begin; oy < above.end; ++oy) {
        const WindowSpan rows = rows_of(s, oy);
        for (int64_t ox = 0; ox < s.ow; ++ox) {
          const WindowSpan columns = columns_of(s, ox);
          const auto scale = window_scale<Wide<T>>(rows, columns, count_padding);
          const T* in = g + ((row / s.h * s.oh + oy) * s.ow + ox) * s.c;
          for_vectors<T>(s.c, [&](int64_t c, int64_t lanes) {
            const Vector<T> share = load_lanes(in + c, lanes) * scale;
            for (int64_t ix = columns.begin; ix < columns.end; ++ix) {
              T* at = out + ix * s.c + c;
              store_lanes(at, apart ? share : load_lanes(at, lanes) + share, lanes);
            }
          });
        }
      }
    }
  });
}

int run(const Call& call, hebb_error& error, const char* op, bool gradient) {
  if (const int status = check_operands(call, error, op, 1, 1, 9)) return status;
  const View &in = call.inputs[0], &out = call.outputs[0];
  PoolShape shape;
  if (const int status = check_pool2d(call, error, op, gradient ? out : in, gradient ? in : out, shape)) return status;
  bool count_padding = false;
  if (const int status = flag_attribute(call, error, op, "countPadding", 8, &count_padding)) return status;
  if (gradient)
    with_float(in.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      average_pool_gradient(shape, data<const T>(in), data<T>(out), count_padding);
    });
  else
    with_any_float(in.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      average_pool(shape, data<const T>(in), data<T>(out), count_padding);
    });
  return HEBB_OK;
}

}  // namespace

// x [N,H,W,C] -> y [N,OH,OW,C]: the mean of each window, its padding counted or not.
int avgPool2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2d", false); }

// g [N,OH,OW,C] -> dx [N,H,W,C].
int avgPool2dGrad_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2dGrad", true); }

}  // namespace hebb
