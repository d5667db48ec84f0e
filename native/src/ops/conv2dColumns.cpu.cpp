// Convolution as a matrix product over copied windows ("im2col"; K. Chellapilla et al., "High Performance Convolutional Neural
// Networks for Document Processing", 2006), a block of output pixels at a time so that the copies stay in the cache.
#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/scratch.h"
#include "cpu/simd.h"
#include "cpu/slots.h"
#include "ops/conv2d.h"

namespace hebb {
namespace {

struct ColumnScratch {};
struct FilterScratch {};

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

// Pixels per block: windows of about 256 KiB.
int64_t block_pixels(const ConvShape& s, int64_t element) {
  return std::clamp<int64_t>((256 << 10) / std::max<int64_t>(1, s.window() * element), 16, 512);
}

// Whether a row of taps is one run of memory that lies inside the image.
inline bool whole_row(const ConvShape& s, int64_t x) { return s.groups == 1 && s.dilation_w == 1 && x >= 0 && x + s.kw <= s.w; }

template <typename T>
const T* image_of(const ConvShape& s, const T* x, int64_t pixel, int64_t group) {
  return x + pixel / (s.oh * s.ow) * s.h * s.w * s.c + group * s.group_c();
}

// columns[pixel][ky][kx][channel] = the window of each pixel in [begin, end), zero outside the image.
template <typename T>
void copy_windows(const ConvShape& s, const T* x, int64_t group, int64_t begin, int64_t end, T* columns) {
  const int64_t channels = s.group_c(), row = s.kw * channels;
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    const T* image = image_of(s, x, pixel, group);
    const int64_t y0 = pixel / s.ow % s.oh * s.stride_h - s.pad_top, x0 = pixel % s.ow * s.stride_w - s.pad_left;
    for (int64_t ky = 0; ky < s.kh; ++ky, columns += row) {
      const int64_t iy = y0 + ky * s.dilation_h;
      if (iy < 0 || iy >= s.h) {
        std::fill_n(columns, row, T(0));
      } else if (whole_row(s, x0)) {
        copy_few(image + (iy * s.w + x0) * s.c, columns, row);
      } else {
        for (int64_t kx = 0; kx < s.kw; ++kx) {
          const int64_t ix = x0 + kx * s.dilation_w;
          if (ix < 0 || ix >= s.w)
            std::fill_n(columns + kx * channels, channels, T(0));
          else
            copy_few(image + (iy * s.w + ix) * s.c, columns + kx * channels, channels);
        }
      }
    }
  }
}

template <typename T>
inline void add_few(const T* from, T* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}

// The transpose of copy_windows: adds each window to the image.
template <typename T>
void add_windows(const ConvShape& s, T* x, int64_t group, int64_t begin, int64_t end, const T* columns) {
  const int64_t channels = s.group_c(), row = s.kw * channels;
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    T* image = const_cast<T*>(image_of(s, x, pixel, group));
    const int64_t y0 = pixel / s.ow % s.oh * s.stride_h - s.pad_top, x0 = pixel % s.ow * s.stride_w - s.pad_left;
    for (int64_t ky = 0; ky < s.kh; ++ky, columns += row) {
      const int64_t iy = y0 + ky * s.dilation_h;
      if (iy < 0 || iy >= s.h) continue;
      if (whole_row(s, x0)) {
        add_few(columns, image + (iy * s.w + x0) * s.c, row);
        continue;
      }
      for (int64_t kx = 0; kx < s.kw; ++kx) {
        const int64_t ix = x0 + kx * s.dilation_w;
        if (ix >= 0 && ix < s.w) add_few(columns + kx * channels, image + (iy * s.w + ix) * s.c, channels);
      }
    }
  }
}

// Memory for each slot: the windows of a block, and what a product packs.
template <typename T>
struct Workspace {
  int64_t columns, product, slots;
  T* memory;
  Workspace(int64_t columns_size, int64_t product_size, int64_t tasks)
      : columns(round_up(columns_size)),
        product(round_up(product_size)),
        slots(slots_for(tasks)),
        memory(thread_scratch<ColumnScratch>().array<T>((columns + product) * slots)) {}
  T* windows(int64_t slot) const { return memory + slot * (columns + product); }
  T* packing(int64_t slot) const { return windows(slot) + columns; }
};

template <typename T>
void forward(const ConvShape& s, const ConvData<T>& d) {
  const int64_t block = block_pixels(s, sizeof(T)), window = s.window(), tasks = (s.pixels() + block - 1) / block;
  const Workspace<T> space(block * window, serial_gemm_scratch<T>(window), tasks);
  for_tasks(tasks, space.slots, [&](int64_t task, int64_t slot) {
    const int64_t begin = task * block, end = std::min(begin + block, s.pixels());
    T* windows = space.windows(slot);
    for (int64_t group = 0; group < s.groups; ++group) {
      copy_windows(s, d.x, group, begin, end, windows);
      const int64_t k = group * s.group_k();
      const T* bias = d.bias == nullptr ? nullptr : d.bias + k;
      const Matrix<T> left = {windows, window, 1}, right = {d.w + k * window, 1, window};
      serial_gemm<T>({end - begin, s.group_k(), window, left, right, d.y + begin * s.k + k, s.k, bias, false,
                      d.epilogue.from(begin * s.k + k)},
                     space.packing(slot));
    }
  });
}

template <typename T>
void input_gradient(const ConvShape& s, const ConvData<T>& d) {
  const int64_t block = block_pixels(s, sizeof(T)), window = s.window(), per_image = s.oh * s.ow;
  const Workspace<T> space(block * window, serial_gemm_scratch<T>(s.group_k()), s.n);
  for_tasks(s.n, space.slots, [&](int64_t image, int64_t slot) {
    T* windows = space.windows(slot);
    std::fill_n(d.x + image * s.h * s.w * s.c, s.h * s.w * s.c, T(0));
    for (int64_t begin = image * per_image; begin < (image + 1) * per_image; begin += block) {
      const int64_t end = std::min(begin + block, (image + 1) * per_image);
      for (int64_t group = 0; group < s.groups; ++group) {
        const int64_t k = group * s.group_k();
        const Matrix<T> left = {d.y + begin * s.k + k, s.k, 1}, right = {d.w + k * window, window, 1};
        serial_gemm<T>({end - begin, window, s.group_k(), left, right, windows, window, nullptr, false}, space.packing(slot));
        add_windows(s, d.x, group, begin, end, windows);
      }
    }
  });
}

// Fixed parts of the pixels, each with its own sum, added up in order.
template <typename T>
void filter_gradient(const ConvShape& s, const ConvData<T>& d) {
  const int64_t block = block_pixels(s, sizeof(T)), window = s.window(), pixels = s.pixels(), size = s.filter();
  const int64_t blocks = (pixels + block - 1) / block;
  // As many parts as make 16 chunks, but not more sums than 64 MiB or so.
  const int64_t parts = std::min(blocks, std::clamp<int64_t>((16 << 20) / size, 1, 16));
  const Workspace<T> space(block * window, serial_gemm_scratch<T>(block), parts);
  T* sums = thread_scratch<FilterScratch>().array<T>(size * parts);
  for_tasks(parts, space.slots, [&](int64_t part, int64_t slot) {
    const int64_t first = part * blocks / parts * block, last = std::min((part + 1) * blocks / parts * block, pixels);
    T* windows = space.windows(slot);
    for (int64_t begin = first; begin < last; begin += block) {
      const int64_t end = std::min(begin + block, last);
      for (int64_t group = 0; group < s.groups; ++group) {
        const int64_t k = group * s.group_k();
        copy_windows(s, d.x, group, begin, end, windows);
        const Matrix<T> left = {d.y + begin * s.k + k, 1, s.k}, right = {windows, window, 1};
        T* sum = sums + part * size + k * window;
        serial_gemm<T>({s.group_k(), window, end - begin, left, right, sum, window, nullptr, begin > first}, space.packing(slot));
      }
    }
  });
  parallel_for(size, 16384, [&](int64_t begin, int64_t end) {
    std::copy(sums + begin, sums + end, d.w + begin);
    for (int64_t part = 1; part < parts; ++part)
      for (int64_t i = begin; i < end; ++i) d.w[i] += sums[part * size + i];
  });
}

}  // namespace

template <typename T>
void conv2d_columns(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  if (pass == ConvPass::kForward)
    forward(s, d);
  else if (pass == ConvPass::kInputGrad)
    input_gradient(s, d);
  else
    filter_gradient(s, d);
}

template void conv2d_columns(const ConvShape&, ConvPass, const ConvData<float>&);
template void conv2d_columns(const ConvShape&, ConvPass, const ConvData<double>&);

}  // namespace hebb
