// The shape of a pooling window over images [N, H, W, C].
#pragma once

#include <cstdint>

#include "cpu/epilogue.h"
#include "cpu/kernel.h"
#include "math/hostDevice.h"

namespace hebb {

struct PoolShape {
  int64_t n, h, w, c, oh, ow;
  int64_t kh, kw, stride_h, stride_w, pad_top, pad_bottom, pad_left, pad_right;
};

// Where a window begins and ends inside the image, and how long it is with its padding, along one dimension.
struct WindowSpan {
  int64_t begin, end, padded;
  static HEBB_HD WindowSpan of(int64_t out, int64_t stride, int64_t before, int64_t after, int64_t kernel, int64_t size) {
    const int64_t first = out * stride - before;
    const int64_t last = first + kernel < size + after ? first + kernel : size + after;
    return {first > 0 ? first : 0, last < size ? last : size, last - first};
  }
};

HEBB_HD WindowSpan rows_of(const PoolShape& s, int64_t oy) {
  return WindowSpan::of(oy, s.stride_h, s.pad_top, s.pad_bottom, s.kh, s.h);
}
HEBB_HD WindowSpan columns_of(const PoolShape& s, int64_t ox) {
  return WindowSpan::of(ox, s.stride_w, s.pad_left, s.pad_right, s.kw, s.w);
}

// What the mean of a window divides by, as a factor.
template <typename T>
HEBB_HD T window_scale(const WindowSpan& rows, const WindowSpan& columns, bool count_padding) {
  const int64_t count = count_padding ? rows.padded * columns.padded : (rows.end - rows.begin) * (columns.end - columns.begin);
  return T(1) / static_cast<T>(count);
}

// The first and last + 1 window along a dimension that can cover position `at`.
struct Covering {
  int64_t begin, end;
  HEBB_HD Covering(int64_t at, int64_t before, int64_t kernel, int64_t stride, int64_t windows) {
    const int64_t shifted = at + before - kernel;
    begin = shifted < 0 ? 0 : shifted / stride + 1;
    end = (at + before) / stride + 1 < windows ? (at + before) / stride + 1 : windows;
  }
};

// Whether a later element of a window takes over: NaN wins and stays; of equals the first.
template <typename T>
HEBB_HD bool beats(T value, T best) {
  return (value > best) | ((value != value) & (best == best));
}

// Fills `shape` from the first eight attributes and the views, or refuses.
int check_pool2d(const Call& call, hebb_error& error, const char* op, const View& x, const View& y, PoolShape& shape);

// avgPool2d or its gradient, which may be multiplied by that of the activation whose output was pooled: dx = gradient(dx, at).
struct AveragePool {
  PoolShape shape;
  bool count_padding = false;
  Activation activation = Activation::kNone;
  const void* at = nullptr;
};
int check_average_pool(const Call& call, hebb_error& error, const char* op, bool gradient, AveragePool& p);

}  // namespace hebb
