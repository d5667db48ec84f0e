// What described convolutions mean, number by number.
#pragma once

#include <cudnn.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "cpu/dtype.h"

namespace emulated {

// An array as it is described, with the memory that it got.
struct Described {
  cudnnDataType_t type;
  std::vector<int64_t> dims, strides;
  void* data = nullptr;
  bool tf32 = false;  // float32 is read with ten bits of mantissa

  int64_t at(const int64_t (&index)[4]) const {
    int64_t place = 0;
    for (int d = 0; d < 4; ++d) place += index[d] * strides[d];
    return place;
  }
  float read(int64_t place) const {
    if (type == CUDNN_DATA_BFLOAT16) return static_cast<const hebb::BFloat16*>(data)[place];
    if (type == CUDNN_DATA_HALF) return static_cast<const hebb::Float16*>(data)[place];
    const float value = static_cast<const float*>(data)[place];
    if (!tf32) return value;
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits &= 0xffffe000;
    float cut;
    std::memcpy(&cut, &bits, sizeof cut);
    return cut;
  }
  void write(int64_t place, float value) const {
    if (type == CUDNN_DATA_BFLOAT16)
      static_cast<hebb::BFloat16*>(data)[place] = hebb::BFloat16(value);
    else if (type == CUDNN_DATA_HALF)
      static_cast<hebb::Float16*>(data)[place] = hebb::Float16(value);
    else
      static_cast<float*>(data)[place] = value;
  }
};

struct Window {
  std::vector<int64_t> before, strides, dilations;
};

inline int64_t space(const Described& array) {
  int64_t size = 1;
  for (int d = 0; d < 4; ++d) size += (array.dims[d] - 1) * array.strides[d];
  return size;
}

template <typename Each>
void each_index(const Described& array, const Each& each) {
  for (int64_t a = 0; a < array.dims[0]; ++a)
    for (int64_t b = 0; b < array.dims[1]; ++b)
      for (int64_t c = 0; c < array.dims[2]; ++c)
        for (int64_t d = 0; d < array.dims[3]; ++d) each({a, b, c, d});
}

// to = from, or from + more, whose dimensions may be 1.
inline void copy(const Described& from, const Described& to, const Described& more = {}) {
  each_index(to, [&](const int64_t(&at)[4]) {
    float value = from.read(from.at(at));
    if (more.data != nullptr) {
      int64_t index[4];
      for (int d = 0; d < 4; ++d) index[d] = more.dims[d] == 1 ? 0 : at[d];
      value += more.read(more.at(index));
    }
    to.write(to.at(at), value);
  });
}

// Adds up a·b into sums[of(c)] for each product of a convolution, where `of`, `a` and `b` are among x, w and y.
enum class Into { kImages, kFilters, kOutput };

inline void convolve(const Window& window, const Described& x, const Described& w, const Described& y, Into into) {
  const Described& out = into == Into::kImages ? x : into == Into::kFilters ? w : y;
  std::vector<float> sums(static_cast<size_t>(space(out)));
  const int64_t oh = y.dims[2], ow = y.dims[3], h = x.dims[2], width = x.dims[3];
  for (int64_t n = 0; n < y.dims[0]; ++n)
    for (int64_t i = 0; i < oh; ++i)
      for (int64_t j = 0; j < ow; ++j)
        for (int64_t r = 0; r < w.dims[2]; ++r)
          for (int64_t s = 0; s < w.dims[3]; ++s) {
            const int64_t row = i * window.strides[0] - window.before[0] + r * window.dilations[0];
            const int64_t column = j * window.strides[1] - window.before[1] + s * window.dilations[1];
            if (row < 0 || row >= h || column < 0 || column >= width) continue;
            for (int64_t k = 0; k < w.dims[0]; ++k)
              for (int64_t c = 0; c < w.dims[1]; ++c) {
                const int64_t xs = x.at({n, c, row, column}), ws = w.at({k, c, r, s}), ys = y.at({n, k, i, j});
                if (into == Into::kImages) sums[static_cast<size_t>(xs)] += w.read(ws) * y.read(ys);
                if (into == Into::kFilters) sums[static_cast<size_t>(ws)] += x.read(xs) * y.read(ys);
                if (into == Into::kOutput) sums[static_cast<size_t>(ys)] += x.read(xs) * w.read(ws);
              }
          }
  each_index(out, [&](const int64_t(&at)[4]) { out.write(out.at(at), sums[static_cast<size_t>(out.at(at))]); });
}

}  // namespace emulated
