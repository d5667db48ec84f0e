// Convolution as a matrix product over copied windows ("im2col"; K. Chellapilla et al., "High Performance Convolutional Neural
// Networks for Document Processing", 2006), a block of output pixels at a time so that the copies stay in the cache.
#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/simd.h"
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

// One thread's memory: the windows of a block, and what a product packs.
template <typename T>
struct Workspace {
  int64_t columns, product;
  T* memory;
  Workspace(int64_t columns_size, int64_t product_size, int threads)
      : columns(round_up(columns_size)),
        product(round_up(product_size)),
        memory(thread_scratch<ColumnScratch>().array<T>((columns + product) * threads)) {}
  T* windows() const { return memory + omp_get_thread_num() * (columns + product); }
  T* packing() const { return windows() + columns; }
};

template <typename T>
void forward(const ConvShape& s, const ConvData<T>& d) {
  const int64_t block = block_pixels(s, sizeof(T)), window = s.window();
  const Workspace<T> space(block * window, serial_gemm_scratch<T>(block, window), thread_count());
  parallel_for(s.pixels(), block, [&](int64_t begin, int64_t end) {
    for (int64_t group = 0; group < s.groups; ++group) {
      copy_windows(s, d.x, group, begin, end, space.windows());
      const int64_t k = group * s.group_k();
      serial_gemm<T>({end - begin,
                      s.group_k(),
                      window,
                      {space.windows(), window, 1},
                      {d.w + k * window, 1, window},
                      d.y + begin * s.k + k,
                      s.k,
                      d.bias == nullptr ? nullptr : d.bias + k,
                      false},
                     space.packing());
    }
  });
}

template <typename T>
void input_gradient(const ConvShape& s, const ConvData<T>& d) {
  const int64_t block = block_pixels(s, sizeof(T)), window = s.window(), per_image = s.oh * s.ow;
  const Workspace<T> space(block * window, serial_gemm_scratch<T>(block, s.group_k()), thread_count());
  parallel_for(s.n, 1, [&](int64_t first, int64_t last) {
    std::fill(d.x + first * s.h * s.w * s.c, d.x + last * s.h * s.w * s.c, T(0));
    for (int64_t begin = first * per_image; begin < last * per_image; begin += block) {
      const int64_t end = std::min(begin + block, last * per_image);
      for (int64_t group = 0; group < s.groups; ++group) {
        const int64_t k = group * s.group_k();
        serial_gemm<T>({end - begin,
                        window,
                        s.group_k(),
                        {d.y + begin * s.k + k, s.k, 1},
                        {d.w + k * window, window, 1},
                        space.windows(),
                        window,
                        nullptr,
                        false},
                       space.packing());
        add_windows(s, d.x, group, begin, end, space.windows());
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
  const int64_t parts = std::min(blocks, std::clamp<int64_t>((16 << 20) / size, 1, 16)),
                per_part = (blocks + parts - 1) / parts * block;
  const Workspace<T> space(block * window, serial_gemm_scratch<T>(s.group_k(), block), thread_count());
  T* sums = thread_scratch<FilterScratch>().array<T>(size * parts);
  parallel_for(parts, 1, [&](int64_t part, int64_t) {
    T* sum = sums + part * size;
    if (part * per_part >= pixels) std::fill_n(sum, size, T(0));
    for (int64_t begin = part * per_part; begin < std::min((part + 1) * per_part, pixels); begin += block) {
      const int64_t end = std::min(begin + block, pixels);
      for (int64_t group = 0; group < s.groups; ++group) {
        const int64_t k = group * s.group_k();
        copy_windows(s, d.x, group, begin, end, space.windows());
        serial_gemm<T>({s.group_k(),
                        window,
                        end - begin,
                        {d.y + begin * s.k + k, 1, s.k},
                        {space.windows(), window, 1},
                        sum + k * window,
                        window,
                        nullptr,
                        begin > part * per_part},
                       space.packing());
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
