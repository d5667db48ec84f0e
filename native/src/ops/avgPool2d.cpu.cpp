// avgPool2d and its gradient.
#include <algorithm>
#include <type_traits>

#include "cpu/check.h"
#include "cpu/scratch.h"
#include "cpu/simd.h"
#include "cpu/slots.h"
#include "ops/pool2d.h"

namespace hebb {
namespace {

int64_t row_grain(int64_t row) { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, row)); }

// body(offset, lanes) over the channels, a vector or less at a time. Where one holds them all its lanes are the same for every
// pixel.
template <typename T, bool OneVector, typename Body>
void for_vectors(int64_t channels, const Body& body) {
  constexpr int64_t lanes = kVectorLanes<T>;
  if constexpr (OneVector)
    body(0, channels);
  else
    for (int64_t c = 0; c < channels; c += lanes) body(c, std::min(lanes, channels - c));
}

template <typename T>
Vector<T> load_lanes(const T* from, int64_t lanes) {
  return lanes == kVectorLanes<T> ? load(from) : load_part(from, lanes);
}

template <typename T>
void store_lanes(T* to, const Vector<T>& v, int64_t lanes) {
  lanes == kVectorLanes<T> ? store(to, v) : store_part(to, v, lanes);
}

struct SpanScratch {};
struct ScaleScratch {};

// The windows of a row, and what each multiplies its sum by.
template <typename A>
class Windows {
 public:
  Windows(const PoolShape& s, bool count_padding, int64_t slots)
      : count_padding_(count_padding), count_(s.ow), spans_(thread_scratch<SpanScratch>().array<WindowSpan>(s.ow)) {
    scales_ = thread_scratch<ScaleScratch>().array<A>(s.ow * slots);
    for (int64_t ox = 0; ox < s.ow; ++ox) spans_[ox] = columns_of(s, ox);
  }
  int64_t count() const { return count_; }
  const WindowSpan& columns(int64_t ox) const { return spans_[ox]; }
  // Where they have these rows; until the next call with this slot.
  const A* scales(const WindowSpan& rows, int64_t slot) const {
    A* scales = scales_ + slot * count_;
    for (int64_t ox = 0; ox < count_; ++ox) scales[ox] = window_scale<A>(rows, spans_[ox], count_padding_);
    return scales;
  }

 private:
  bool count_padding_;
  int64_t count_;
  WindowSpan* spans_;
  A* scales_;
};

// The means of windows whose `rows` rows begin at x.
template <bool OneVector, typename T>
void means_of_row(const PoolShape& s, const Windows<T>& windows, const T* scales, const T* x, int64_t rows, T* y) {
  const int64_t channels = s.c, row_size = s.w * s.c;
  for (int64_t ox = 0; ox < windows.count(); ++ox, y += channels) {
    const int64_t first = windows.columns(ox).begin, columns = windows.columns(ox).end - first;
    for_vectors<T, OneVector>(channels, [&](int64_t c, int64_t lanes) {
      Vector<T> sum = {};
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) sum += load_lanes(x + i * row_size + (first + j) * channels + c, lanes);
      store_lanes(y + c, sum * scales[ox], lanes);
    });
  }
}

// Of 16-bit floats: sums of rows and means are float32, in `memory`, until they are written.
template <bool OneVector, typename T>
void means_of_row(const PoolShape& s, const Windows<float>& windows, const float* scales, const T* x, int64_t rows, T* y,
                  float* memory) {
  const int64_t row_size = s.w * s.c;
  std::copy_n(x, row_size, memory);
  for (int64_t i = 1; i < rows; ++i)
    for (int64_t j = 0; j < row_size; ++j) memory[j] += x[i * row_size + j];
  float* means = memory + row_size;
  means_of_row<OneVector>(s, windows, scales, memory, 1, means);
  std::copy_n(means, s.ow * s.c, y);
}

struct RowScratch {};

template <bool OneVector, typename T>
void average_pool(const PoolShape& s, const T* x, T* y, bool count_padding) {
  const int64_t grain = row_grain(s.ow * s.c), tasks = (s.n * s.oh + grain - 1) / grain, slots = slots_for(tasks);
  const Windows<Wide<T>> windows(s, count_padding, slots);
  const int64_t size = kIsHalf<T> ? (s.w + s.ow) * s.c : 0;
  float* memory = thread_scratch<RowScratch>().array<float>(size * slots);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    for (int64_t row = task * grain; row < std::min((task + 1) * grain, s.n * s.oh); ++row) {
      const WindowSpan rows = rows_of(s, row % s.oh);
      const auto* scales = windows.scales(rows, slot);
      const T* image = x + (row / s.oh * s.h + rows.begin) * s.w * s.c;
      if constexpr (kIsHalf<T>)
        means_of_row<OneVector>(s, windows, scales, image, rows.end - rows.begin, y + row * s.ow * s.c, memory + slot * size);
      else
        means_of_row<OneVector>(s, windows, scales, image, rows.end - rows.begin, y + row * s.ow * s.c);
    }
  });
}

// Adds to a row of dx its share of the gradients of windows that cover it; where these do not overlap (`apart`) there is nothing
// to add to.
template <bool OneVector, typename T>
void spread_row(const PoolShape& s, const Windows<T>& windows, const T* scales, const T* g, T* dx, bool apart) {
  const int64_t channels = s.c;
  for (int64_t ox = 0; ox < windows.count(); ++ox, g += channels) {
    const int64_t first = windows.columns(ox).begin, columns = windows.columns(ox).end - first;
    for_vectors<T, OneVector>(channels, [&](int64_t c, int64_t lanes) {
      const Vector<T> share = load_lanes(g + c, lanes) * scales[ox];
      for (int64_t i = 0; i < columns; ++i) {
        T* at = dx + (first + i) * channels + c;
        store_lanes(at, apart ? share : load_lanes(at, lanes) + share, lanes);
      }
    });
  }
}

// Each row of dx gathers from the windows that cover it, so that rows are written once and by one thread; what follows finds the
// row in the cache.
template <bool OneVector, typename T>
void average_pool_gradient(const AveragePool& p, const T* g, T* dx) {
  const PoolShape& s = p.shape;
  const Epilogue<T> after = {static_cast<const T*>(p.at), p.activation};
  const bool apart = s.kh <= s.stride_h && s.kw <= s.stride_w;
  const int64_t grain = row_grain(s.w * s.c), tasks = (s.n * s.h + grain - 1) / grain, slots = slots_for(tasks);
  const Windows<T> windows(s, p.count_padding, slots);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    for (int64_t row = task * grain; row < std::min((task + 1) * grain, s.n * s.h); ++row) {
      T* out = dx + row * s.w * s.c;
      std::fill_n(out, s.w * s.c, T(0));
      const Covering above(row % s.h, s.pad_top, s.kh, s.stride_h, s.oh);
      for (int64_t oy = above.begin; oy < above.end; ++oy)
        spread_row<OneVector>(s, windows, windows.scales(rows_of(s, oy), slot), g + (row / s.h * s.oh + oy) * s.ow * s.c, out,
                              apart);
      if (p.at != nullptr) finish_run(out, s.w * s.c, after.from(row * s.w * s.c));
    }
  });
}

// body(std::true_type()) where a vector holds all channels.
template <typename T, typename Body>
void with_channels(int64_t channels, const Body& body) {
  if (channels <= kVectorLanes<Wide<T>>)
    body(std::true_type());
  else
    body(std::false_type());
}

int run(const Call& call, hebb_error& error, const char* op, bool gradient) {
  AveragePool p;
  if (const int status = check_average_pool(call, error, op, gradient, p)) return status;
  const View &in = call.inputs[0], &out = call.outputs[0];
  const int64_t channels = p.shape.c;
  if (gradient)
    with_float(in.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      with_channels<T>(channels, [&](auto one) { average_pool_gradient<one.value>(p, data<const T>(in), data<T>(out)); });
    });
  else
    with_any_float(in.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      with_channels<T>(channels,
                       [&](auto one) { average_pool<one.value>(p.shape, data<const T>(in), data<T>(out), p.count_padding); });
    });
  return HEBB_OK;
}

}  // namespace

// x [N,H,W,C] -> y [N,OH,OW,C]: the mean of each window, its padding counted or not.
int avgPool2d_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2d", false); }

// g [N,OH,OW,C] -> dx [N,H,W,C]; with y [N,H,W,C] dx = gradient(dx, y), the gradient of an activation.
int avgPool2dGrad_kernel(const Call& call, hebb_error& error) { return run(call, error, "avgPool2dGrad", true); }

}  // namespace hebb
