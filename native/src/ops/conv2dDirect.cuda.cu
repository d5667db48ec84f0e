// A convolution as three nests of loops: a thread for each element written; for filters, whose sums are long, the reduction's
// tree.
#include "cuda/launch.cuh"
#include "cuda/map.cuh"
#include "cuda/reduce.cuh"
#include "ops/conv2d.cuda.h"

namespace hebb {
namespace {

// The place along one dimension that filter tap `tap` of output `out` reads, or -1 outside of the image.
__device__ __forceinline__ int64_t source(int64_t out, int64_t tap, int64_t stride, int64_t before, int64_t dilation,
                                          int64_t size) {
  const int64_t at = out * stride - before + tap * dilation;
  return at >= 0 && at < size ? at : -1;
}

// The output that reads `at` with filter tap `tap`, or -1 when none does.
__device__ __forceinline__ int64_t target(int64_t at, int64_t tap, int64_t stride, int64_t before, int64_t dilation,
                                          int64_t size) {
  const int64_t shifted = at + before - tap * dilation;
  return shifted >= 0 && shifted % stride == 0 && shifted / stride < size ? shifted / stride : -1;
}

template <typename T>
struct ForwardElement {
  ConvShape s;
  ConvData<T> d;
  __device__ T operator()(int64_t at) const {
    const int64_t k = at % s.k, ox = at / s.k % s.ow, oy = at / s.k / s.ow % s.oh, image = at / s.k / s.ow / s.oh;
    const int64_t channels = s.group_c(), first = k / s.group_k() * channels;
    T sum = 0;
    for (int64_t i = 0; i < s.kh; ++i) {
      const int64_t y = source(oy, i, s.stride_h, s.pad_top, s.dilation_h, s.h);
      for (int64_t j = 0; y >= 0 && j < s.kw; ++j) {
        const int64_t x = source(ox, j, s.stride_w, s.pad_left, s.dilation_w, s.w);
        if (x < 0) continue;
        const T* pixel = d.x + ((image * s.h + y) * s.w + x) * s.c + first;
        const T* weights = d.w + ((k * s.kh + i) * s.kw + j) * channels;
        for (int64_t c = 0; c < channels; ++c) sum += pixel[c] * weights[c];
      }
    }
    return sum;
  }
};

template <typename T>
struct InputGradElement {
  ConvShape s;
  ConvData<T> d;
  __device__ T operator()(int64_t at) const {
    const int64_t c = at % s.c, x = at / s.c % s.w, y = at / s.c / s.w % s.h, image = at / s.c / s.w / s.h;
    const int64_t channels = s.group_c(), filters = s.group_k(), first = c / channels * filters;
    T sum = 0;
    for (int64_t i = 0; i < s.kh; ++i) {
      const int64_t oy = target(y, i, s.stride_h, s.pad_top, s.dilation_h, s.oh);
      for (int64_t j = 0; oy >= 0 && j < s.kw; ++j) {
        const int64_t ox = target(x, j, s.stride_w, s.pad_left, s.dilation_w, s.ow);
        if (ox < 0) continue;
        const T* g = d.y + ((image * s.oh + oy) * s.ow + ox) * s.k + first;
        for (int64_t k = 0; k < filters; ++k) sum += g[k] * d.w[(((first + k) * s.kh + i) * s.kw + j) * channels + c % channels];
      }
    }
    return sum;
  }
};

struct SumInDouble {
  using total = double;
  static __device__ double identity() { return 0; }
  static __device__ double combine(double a, double x) { return a + x; }
};

// Filter element (o = k and tap, i = channel) takes a product from every output pixel r.
template <typename T>
struct LoadFilterGrad {
  ConvShape s;
  ConvData<T> d;
  __device__ double operator()(int64_t o, int64_t r, int64_t c) const {
    const int64_t j = o % s.kw, i = o / s.kw % s.kh, k = o / s.kw / s.kh;
    const int64_t ox = r % s.ow, oy = r / s.ow % s.oh, image = r / s.ow / s.oh;
    const int64_t y = source(oy, i, s.stride_h, s.pad_top, s.dilation_h, s.h);
    const int64_t x = source(ox, j, s.stride_w, s.pad_left, s.dilation_w, s.w);
    if (y < 0 || x < 0) return 0;
    const int64_t channel = k / s.group_k() * s.group_c() + c;
    return static_cast<double>(d.x[((image * s.h + y) * s.w + x) * s.c + channel] * d.y[r * s.k + k]);
  }
};

template <typename T>
struct PutFilterGrad {
  T* w;
  int64_t channels;
  __device__ void operator()(int64_t o, int64_t c, int64_t, double total) const { w[o * channels + c] = static_cast<T>(total); }
};

}  // namespace

template <typename T>
void direct_conv2d(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  if (pass == ConvPass::kForward) {
    map_places(d.y, s.pixels() * s.k, ForwardElement<T>{s, d});
  } else if (pass == ConvPass::kInputGrad) {
    map_places(d.x, s.n * s.h * s.w * s.c, InputGradElement<T>{s, d});
  } else {
    const PutFilterGrad<T> put = {d.w, s.group_c()};
    reduce_with<SumInDouble>(s.k * s.kh * s.kw, s.pixels(), s.group_c(), LoadFilterGrad<T>{s, d}, put);
  }
}

template void direct_conv2d(const ConvShape&, ConvPass, const ConvData<float>&);
template void direct_conv2d(const ConvShape&, ConvPass, const ConvData<double>&);

}  // namespace hebb
