// maxPool2d: the largest element of each window, and where it was.
#include <algorithm>

#include "cpu/check.h"
#include "cpu/parallel.h"
#include "ops/pool2d.h"

namespace hebb {
namespace {

constexpr int64_t kChannels = 64;  // channels compared together, in a fixed block that stays in registers or near

template <typename T>
void max_of_window(const PoolShape& s, const T* image, const WindowSpan& rows, const WindowSpan& columns, int64_t count, T* y,
                   int32_t* k) {
  Wide<T> best[kChannels];
  int32_t where[kChannels];
  const T* first = image + (rows.begin * s.w + columns.begin) * s.c;
  for (int64_t c = 0; c < count; ++c) best[c] = first[c], where[c] = static_cast<int32_t>(rows.begin * s.w + columns.begin);
  for (int64_t iy = rows.begin; iy < rows.end; ++iy) {
    for (int64_t ix = columns.begin; ix < columns.end; ++ix) {
      const int64_t pixel = iy * s.w + ix;
      const T* x = image + pixel * s.c;
      const int32_t at = static_cast<int32_t>(pixel);
      for (int64_t c = 0; c < count; ++c) {
        const Wide<T> value = x[c];
        const bool wins = beats(value, best[c]);
        best[c] = wins ? value : best[c];
        where[c] = wins ? at : where[c];
      }
    }
  }
  std::copy_n(best, count, y);
  if (k != nullptr) std::copy_n(where, count, k);
}

template <typename T>
void max_pool(const PoolShape& s, const T* x, T* y, int32_t* k) {
  const int64_t grain = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, s.ow * s.c));
  parallel_for(s.n * s.oh, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* image = x + row / s.oh * s.h * s.w * s.c;
      const WindowSpan rows = rows_of(s, row % s.oh);
      for (int64_t ox = 0; ox < s.ow; ++ox) {
        const WindowSpan columns = columns_of(s, ox);
        const int64_t out = (row * s.ow + ox) * s.c;
        for (int64_t c = 0; c < s.c; c += kChannels)
          max_of_window(s, image + c, rows, columns, std::min(kChannels, s.c - c), y + out + c,
                        k == nullptr ? nullptr : k + out + c);
      }
    }
  });
}

}  // namespace

// x [N,H,W,C] -> y [N,OH,OW,C] and, where asked for, k int32: h * W + w of the first maximum.
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
  with_any_float(x.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    max_pool(shape, data<const T>(x), data<T>(y), k);
  });
  return HEBB_OK;
}

}  // namespace hebb
