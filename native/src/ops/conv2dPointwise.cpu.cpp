// Convolution with filters of one pixel: a matrix product over the pixels, which a stride first picks out.
#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/gemm_tall.h"
#include "cpu/gemm_widened.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "ops/conv2d.h"

namespace hebb {
namespace {

struct PixelScratch {};

bool every_pixel(const ConvShape& s) { return s.stride_h == 1 && s.stride_w == 1; }

// body(output row, first pixel of it in x) over all rows of all images.
template <typename Body>
void for_output_rows(const ConvShape& s, const Body& body) {
  parallel_for(s.n * s.oh, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, s.ow * s.c)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row, (row / s.oh * s.h + row % s.oh * s.stride_h) * s.w);
  });
}

template <typename T>
void pick_pixels(const ConvShape& s, const T* x, T* picked) {
  for_output_rows(s, [&](int64_t row, int64_t first) {
    for (int64_t i = 0; i < s.ow; ++i) std::copy_n(x + (first + i * s.stride_w) * s.c, s.c, picked + (row * s.ow + i) * s.c);
  });
}

template <typename T>
void put_pixels(const ConvShape& s, const T* picked, T* x) {
  parallel_for(s.n * s.h, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, s.w * s.c)),
               [&](int64_t begin, int64_t end) { std::fill(x + begin * s.w * s.c, x + end * s.w * s.c, T(0)); });
  for_output_rows(s, [&](int64_t row, int64_t first) {
    for (int64_t i = 0; i < s.ow; ++i) std::copy_n(picked + (row * s.ow + i) * s.c, s.c, x + (first + i * s.stride_w) * s.c);
  });
}

// c [pixels, n] = a [pixels, k] b (+ bias).
template <typename T>
void multiply_pixels(int64_t pixels, int64_t n, int64_t k, const T* a, const Matrix<T>& b, T* c, const T* bias,
                     const Epilogue<T>& epilogue) {
  if constexpr (kIsHalf<T>)
    gemm_widened({pixels, n, k, a, b, c, bias, epilogue});
  else
    gemm<T>({pixels, n, k, {a, k, 1}, b, c, n, bias, false, epilogue});
}

}  // namespace

template <typename T>
void conv2d_pointwise(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  const int64_t pixels = s.pixels();
  T* x = every_pixel(s) ? d.x : thread_scratch<PixelScratch>().array<T>(pixels * s.c);
  if (x != d.x && pass != ConvPass::kInputGrad) pick_pixels(s, d.x, x);
  if (pass == ConvPass::kForward)
    multiply_pixels<T>(pixels, s.k, s.c, x, {d.w, 1, s.c}, d.y, d.bias, d.epilogue);
  else if (pass == ConvPass::kInputGrad)
    multiply_pixels<T>(pixels, s.c, s.k, d.y, {d.w, s.c, 1}, x, nullptr, {});
  else if constexpr (kIsHalf<T>)
    tall_gemm_widened({s.k, s.c, pixels, d.y, x, reinterpret_cast<float*>(d.w)});
  else
    gemm<T>({s.k, s.c, pixels, {d.y, 1, s.k}, {x, s.c, 1}, d.w, s.c, nullptr, false});
  if (x != d.x && pass == ConvPass::kInputGrad) put_pixels(s, x, d.x);
}

template <typename T>
void conv2d_pointwise_gradient(const ConvShape& s, const T* x, const T* g, float* dw) {
  if (!every_pixel(s)) {
    T* picked = thread_scratch<PixelScratch>().array<T>(s.pixels() * s.c);
    pick_pixels(s, x, picked);
    x = picked;
  }
  tall_gemm(TallProduct<T>{s.k, s.c, s.pixels(), g, x, dw});
}

template void conv2d_pointwise_gradient(const ConvShape&, const float*, const float*, float*);
template void conv2d_pointwise_gradient(const ConvShape&, const BFloat16*, const BFloat16*, float*);
template void conv2d_pointwise(const ConvShape&, ConvPass, const ConvData<float>&);
template void conv2d_pointwise(const ConvShape&, ConvPass, const ConvData<double>&);
template void conv2d_pointwise(const ConvShape&, ConvPass, const ConvData<BFloat16>&);

}  // namespace hebb
