// For each tap of a filter, a run of a plane times one weight: a few filters and several vectors of pixels at a time. Rows of the
// output are as long as those of the padded image, so that pixels of all rows are one run; what is made beyond a row is left
// behind when the planes of the output are joined to pixels.
#include "ops/conv2dFew.h"

#include <algorithm>
#include <utility>

#include "cpu/dtype.h"
#include "cpu/interleave.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {

#if defined(__AVX512F__)

namespace {

constexpr int kLanes = kVectorLanes<float>;
constexpr int kSums = kTileRows * kTileVectors;  // accumulators of a kernel
constexpr int kMostFilters = 6;                  // of a kernel
constexpr int64_t kMostTaps = 512;
constexpr int64_t kBandNumbers = 16 << 10;  // of a band's planes, which stay in the cache

constexpr int kMostVectors = 6;  // of pixels, likewise
constexpr int tile_vectors(int filters) { return std::min(kMostVectors, kSums / filters); }

// An image in bands of output rows.
struct Bands {
  int64_t columns;           // of the padded image, and of a row in memory
  int64_t rows, count;       // output rows of a band, bands of an image
  int64_t input_rows, size;  // of a band: rows of a plane, numbers with room for vectors behind

  explicit Bands(const ConvShape& s) {
    columns = s.w + s.pad_left + s.pad_right;
    const int64_t fit = std::max<int64_t>(1, kBandNumbers / (columns * std::max(s.c, s.k)) - s.kh);
    count = (s.oh + fit - 1) / fit;
    rows = (s.oh + count - 1) / count;
    input_rows = rows + s.kh - 1;
    size = s.c * plane() + kMostVectors * kLanes;
  }
  int64_t plane() const { return input_rows * columns; }
};

// A row of pixels as float32: `buffer` where it is not.
template <typename T>
const float* wide_row(const T* row, int64_t n, float* buffer) {
  if constexpr (!kIsHalf<T>) return row;
  std::copy_n(row, n, buffer);
  return buffer;
}

// The rows of a band from `first` on, which may lie outside of the image.
template <typename T>
void load_planes(const ConvShape& s, const Bands& b, const Interleaving& channels, const T* image, int64_t first, float* planes,
                 float* buffer) {
  for (int64_t y = 0; y < b.input_rows; ++y) {
    const bool inside = first + y >= 0 && first + y < s.h;
    const int64_t left = inside ? s.pad_left : b.columns, right = b.columns - left - s.w;
    for (int64_t c = 0; c < s.c; ++c) {
      float* row = planes + c * b.plane() + y * b.columns;
      std::fill_n(row, left, 0.0f);
      if (inside) std::fill_n(row + left + s.w, right, 0.0f);
    }
    if (!inside) continue;
    const float* row = wide_row(image + (first + y) * s.w * s.c, s.w * s.c, buffer);
    channels.part(row, s.w, planes + y * b.columns + left, b.plane());
  }
}

// The image's gradient is the forward pass of the output's, by filters that are turned round, padded as far as they reach.
ConvShape turned(const ConvShape& s) {
  ConvShape t = s;
  const int64_t reach_h = s.kh - 1, reach_w = s.dilation_w * (s.kw - 1);
  t.h = s.oh, t.w = s.ow, t.c = s.k, t.k = s.c, t.oh = s.h, t.ow = s.w;
  t.pad_top = reach_h - s.pad_top, t.pad_left = reach_w - s.pad_left;
  t.pad_bottom = s.h - s.oh + s.pad_top, t.pad_right = s.w - s.ow + s.pad_left;
  return t;
}

struct Run {
  const float *planes, *weights, *bias;  // weights [tap][filter]
  const int64_t* offsets;                // of taps
  int64_t taps, filters;
  float* out;
  int64_t plane;  // between planes of the output
};

template <int Filters>
void convolve_run(const Run& t, int64_t count) {
  constexpr int vectors = tile_vectors(Filters);
  for (int64_t at = 0; at < count; at += vectors * kLanes) {
    Vector<float> sum[Filters][vectors];
#pragma GCC unroll 6
    for (int i = 0; i < Filters; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < vectors; ++j) sum[i][j] = broadcast(t.bias[i]);
    const float* w = t.weights;
    for (int64_t tap = 0; tap < t.taps; ++tap, w += t.filters) {
      const float* x = t.planes + t.offsets[tap] + at;
      Vector<float> pixels[vectors];
#pragma GCC unroll 6
      for (int j = 0; j < vectors; ++j) pixels[j] = load(x + j * kLanes);
#pragma GCC unroll 6
      for (int i = 0; i < Filters; ++i) {
        const Vector<float> weight = broadcast(w[i]);
#pragma GCC unroll 6
        for (int j = 0; j < vectors; ++j) sum[i][j] += weight * pixels[j];
      }
    }
#pragma GCC unroll 6
    for (int i = 0; i < Filters; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < vectors; ++j) store(t.out + i * t.plane + at + j * kLanes, sum[i][j]);
  }
}

template <int... Filters>
void convolve_filters(const Run& t, int64_t filters, int64_t count, std::integer_sequence<int, Filters...>) {
  static constexpr void (*kernels[])(const Run&, int64_t) = {convolve_run<Filters + 1>...};
  kernels[filters - 1](t, count);
}

// Filters as their taps are read: [tap][filter], in the order of rows, columns, channels.
template <typename T>
void lay_out_weights(const ConvShape& s, ConvPass pass, const T* w, float* to) {
  for (int64_t ky = 0; ky < s.kh; ++ky)
    for (int64_t kx = 0; kx < s.kw; ++kx)
      for (int64_t c = 0; c < s.c; ++c)
        for (int64_t k = 0; k < s.k; ++k)
          *to++ = pass == ConvPass::kForward ? w[((k * s.kh + ky) * s.kw + kx) * s.c + c]
                                             : w[((c * s.kh + s.kh - 1 - ky) * s.kw + s.kw - 1 - kx) * s.k + k];
}

void lay_out_offsets(const ConvShape& s, const Bands& b, int64_t* to) {
  for (int64_t ky = 0; ky < s.kh; ++ky)
    for (int64_t kx = 0; kx < s.kw; ++kx)
      for (int64_t c = 0; c < s.c; ++c) *to++ = c * b.plane() + ky * b.columns + kx * s.dilation_w;
}

struct WeightScratch {};
struct OffsetScratch {};
struct PlaneScratch {};

// The planes of some output rows, joined to pixels.
template <typename T>
void store_planes(const ConvShape& s, const Bands& b, const Interleaving& filters, const float* planes, int64_t plane,
                  int64_t rows, T* y, float* buffer) {
  const int64_t row_size = s.ow * s.k;
  for (int64_t i = 0; i < rows; ++i, y += row_size)
    if constexpr (kIsHalf<T>) {
      filters.join(planes + i * b.columns, plane, s.ow, buffer);
      std::copy_n(buffer, row_size, y);
    } else {
      filters.join(planes + i * b.columns, plane, s.ow, y);
    }
}

// y = x * w for shapes that are the forward pass's, turned or not.
template <typename T>
void correlate(const ConvShape& s, ConvPass pass, const T* x, const T* w, const T* bias, T* y, const Epilogue<T>& epilogue) {
  const Bands b(s);
  int64_t* offsets = thread_scratch<OffsetScratch>().array<int64_t>(s.window());
  lay_out_offsets(s, b, offsets);
  float* weights = thread_scratch<WeightScratch>().array<float>(s.filter() + s.k);
  lay_out_weights(s, pass, w, weights);
  float* biases = weights + s.filter();
  for (int64_t i = 0; i < s.k; ++i) biases[i] = bias == nullptr ? 0.0f : static_cast<float>(bias[i]);
  const Interleaving channels(s.c), filters(s.k);
  const int64_t tasks = s.n * b.count, slots = slots_for(tasks);
  const int64_t plane = b.rows * b.columns + kMostVectors * kLanes, buffer = std::max(s.w * s.c, s.ow * s.k);
  const int64_t size = b.size + plane * s.k + buffer;
  float* memory = thread_scratch<PlaneScratch>().array<float>(size * slots);
  const int64_t groups = (s.k + kMostFilters - 1) / kMostFilters;
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    const int64_t image = task / b.count, row = task % b.count * b.rows, rows = std::min(b.rows, s.oh - row);
    if (rows <= 0) return;
    float *in = memory + slot * size, *out = in + b.size, *line = out + plane * s.k;
    const int64_t at = (image * s.oh + row) * s.ow * s.k;
    load_planes(s, b, channels, x + image * s.h * s.w * s.c, row - s.pad_top, in, line);
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t first = group * s.k / groups, count = (group + 1) * s.k / groups - first;
      convolve_filters({in, weights + first, biases + first, offsets, s.window(), s.k, out + first * plane, plane}, count,
                       (rows - 1) * b.columns + s.ow, std::make_integer_sequence<int, kMostFilters>());
    }
    store_planes(s, b, filters, out, plane, rows, y + at, line);
    finish_run(y + at, rows * s.ow * s.k, epilogue.from(at));
  });
}

}  // namespace

bool conv2d_few_fits(const ConvShape& s, ConvPass pass) {
  if (s.groups != 1 || s.stride_h != 1 || s.stride_w != 1 || s.kh * s.kw < 4 || s.window() > kMostTaps) return false;
  // Each band would copy all rows between those that it needs.
  if (s.dilation_h != 1) return false;
  // oneDNN fills its vectors from more channels on; here planes cost more than they save.
  if (pass == ConvPass::kForward) return s.k <= 8 && s.c <= 3;
  if (pass == ConvPass::kFilterGrad || s.c > 3 || s.k > kMostInterleaved) return false;
  const ConvShape t = turned(s);
  return t.pad_top >= 0 && t.pad_left >= 0 && t.pad_bottom >= 0 && t.pad_right >= 0;
}

template <typename T>
void conv2d_few(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  if (pass == ConvPass::kForward) return correlate<T>(s, pass, d.x, d.w, d.bias, d.y, d.epilogue);
  correlate<T>(turned(s), pass, d.y, d.w, nullptr, d.x, {});
}

#else

bool conv2d_few_fits(const ConvShape&, ConvPass) { return false; }
template <typename T>
void conv2d_few(const ConvShape&, ConvPass, const ConvData<T>&) {}

#endif

template void conv2d_few(const ConvShape&, ConvPass, const ConvData<float>&);
template void conv2d_few(const ConvShape&, ConvPass, const ConvData<BFloat16>&);

}  // namespace hebb
