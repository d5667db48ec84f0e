// batchNorm and its gradient over rows [M, C] (S. Ioffe and C. Szegedy, "Batch Normalization", 2015, section 3).
//
// Each chunk of rows makes its own mean and squared deviations while it is in the cache; chunks are put together as in T. Chan,
// G. Golub and R. LeVeque ("Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979), all at once.
#include "ops/batchNorm.h"

#include <numeric>
#include <type_traits>

#include "cpu/ahead.h"
#include "ops/activationGrad.h"
#include "ops/normalize.h"
#include "ops/unary.h"

namespace hebb {
namespace {

struct BatchScratch {};
constexpr int64_t kChunks = 1024;

// Rows of few channels are taken several at a time, so that inner loops are long enough and end with whole vectors: `fold` rows
// of C are one row of `width`. What belongs to a channel is repeated along it.
struct Fold {
  int64_t channels, fold, width;
  explicit Fold(int64_t c) : channels(c), fold(rows_together(c)), width(c * fold) {}
  static int64_t rows_together(int64_t c) {
    if (c <= 0 || c >= kWide) return 1;
    const int64_t whole = kLanes / std::gcd(c, kLanes);
    return whole * std::max<int64_t>(1, kWide / (c * whole));
  }
  template <typename T>
  void spread(T* per_channel) const {
    for (int64_t i = channels; i < width; ++i) per_channel[i] = per_channel[i - channels];
  }
  template <typename T>
  void gather(T* sums) const {
    for (int64_t i = channels; i < width; ++i) sums[i % channels] += sums[i];
  }

 private:
  static constexpr int64_t kWide = 64, kLanes = 32;
};

// body(offset, first, count) for the elements of rows [begin, end), `count` at a time from element `first` of a wide row on.
template <typename Body>
inline void for_wide_rows(const Fold& f, int64_t begin, int64_t end, const Body& body) {
  constexpr int64_t kPiece = 128;
  const int64_t last = end * f.channels;
  for (int64_t at = begin * f.channels; at < last; at += f.width)
    for (int64_t first = 0, count = std::min(f.width, last - at); first < count; first += kPiece)
      body(at + first, first, std::min(kPiece, count - first));
}

// body(offset, count, rows): several wide rows together, for sums, so that those of channels are loaded and stored once for all.
template <typename Body>
inline void for_groups_of_rows(const Fold& f, int64_t begin, int64_t end, const Body& body) {
  constexpr int64_t kRows = 4;
  if (f.width == 0) return;
  const int64_t rows = (end - begin) * f.channels / f.width, grouped = rows / kRows * kRows;
  const int64_t rest = begin * f.channels + grouped * f.width;
  for (int64_t at = begin * f.channels; at < rest; at += kRows * f.width)
    body(at, f.width, std::integral_constant<int64_t, kRows>());
  const int64_t last = end * f.channels;
  for (int64_t at = rest; at < last; at += f.width) body(at, std::min(f.width, last - at), std::integral_constant<int64_t, 1>());
}

// The mean and the sum of squared deviations of one chunk.
template <typename E, typename T>
void chunk_moments(const Fold& f, const E* x, int64_t begin, int64_t end, T* mean, T* squares) {
  std::fill_n(mean, f.width, T(0));
  std::fill_n(squares, f.width, T(0));
  for_groups_of_rows(f, begin, end, [&](int64_t at, int64_t count, auto rows) {
    for (int64_t r = 0; r < rows; ++r) ask_ahead(x + at + r * count, count);
    for (int64_t i = 0; i < count; ++i) {
      T sum = x[at + i];
      for (int64_t r = 1; r < rows; ++r) sum += x[at + r * count + i];
      mean[i] += sum;
    }
  });
  f.gather(mean);
  const T scale = T(1) / static_cast<T>(end - begin);
  for (int64_t c = 0; c < f.channels; ++c) mean[c] *= scale;
  f.spread(mean);
  for_groups_of_rows(f, begin, end, [&](int64_t at, int64_t count, auto rows) {
    for (int64_t i = 0; i < count; ++i) {
      const T center = mean[i];
      T sum = 0;
      for (int64_t r = 0; r < rows; ++r) {
        const T d = x[at + r * count + i] - center;
        sum += d * d;
      }
      squares[i] += sum;
    }
  });
  f.gather(squares);
}

// The moments of all rows from those of chunks: squares about the mean of all are those about a chunk's own and the square of the
// distance between the two for each of its rows.
template <typename T>
void merge_moments(const RowChunks& chunks, const Fold& f, const T* moments, T* mean, T* variance) {
  parallel_for(f.channels, 512, [&](int64_t begin, int64_t end) {
    constexpr int64_t kChannels = 64;
    for (int64_t c = begin; c < end; c += kChannels) {
      const int64_t n = std::min(kChannels, end - c);
      double sum[kChannels] = {}, squares[kChannels] = {};
      const auto for_chunks = [&](const auto& body) {
        for (int64_t i = 0; i < chunks.count; ++i) {
          const T* own = moments + 2 * i * f.width + c;
          body(static_cast<double>(chunks.end(i) - chunks.begin(i)), own, own + f.width);
        }
      };
      for_chunks([&](double rows, const T* own, const T*) {
        for (int64_t j = 0; j < n; ++j) sum[j] += rows * own[j];
      });
      const double share = chunks.rows > 0 ? 1.0 / static_cast<double>(chunks.rows) : 0;
      for (int64_t j = 0; j < n; ++j) sum[j] *= share;
      for_chunks([&](double rows, const T* own, const T* own_squares) {
        for (int64_t j = 0; j < n; ++j) {
          const double delta = own[j] - sum[j];
          squares[j] += own_squares[j] + rows * delta * delta;
        }
      });
      for (int64_t j = 0; j < n; ++j) mean[c + j] = static_cast<T>(sum[j]), variance[c + j] = static_cast<T>(squares[j] * share);
    }
  });
}

// E is the type of the images, T that of the arithmetic and of what belongs to a channel.
template <typename E, typename T = Wide<E>>
struct Forward {
  const E* x;
  const T *gamma, *beta;
  const E* residual;  // added before the activation, or null
  E* y;
  T *mean, *variance;
  double epsilon;
  bool relu;
};

// y = (x - mean) scale + shift, then what follows; rounded in between as the ops one after another would.
template <bool Residual, bool Rectify, typename E, typename T = Wide<E>>
void normalise(const Fold& f, const Forward<E>& d, const T* mean, const T* scale, const T* shift, int64_t begin, int64_t end) {
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t first, int64_t count) {
    ask_ahead(d.x + at, count);
    if constexpr (Residual) ask_ahead(d.residual + at, count);
    ask_ahead<true>(d.y + at, count);
    const T *m = mean + first, *a = scale + first, *b = shift + first;
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      T y = (d.x[at + i] - m[i]) * a[i] + b[i];
      if constexpr (Residual) y = widened(E(y)) + widened(d.residual[at + i]);
      d.y[at + i] = Rectify ? Relu{}(y) : y;
    }
  });
}

template <typename E>
void forward(int64_t m, int64_t channels, const Forward<E>& d) {
  using T = Wide<E>;
  const RowChunks chunks(m, channels, kChunks);
  const Fold f(channels);
  T* scratch = thread_scratch<BatchScratch>().array<T>((2 * chunks.count + 3) * f.width);
  T *mean = scratch, *scale = mean + f.width, *shift = scale + f.width, *moments = shift + f.width;
  parallel_for(chunks.count, 1, [&](int64_t i, int64_t) {
    T* own = moments + 2 * i * f.width;
    chunk_moments(f, d.x, chunks.begin(i), chunks.end(i), own, own + f.width);
  });
  merge_moments(chunks, f, moments, d.mean, d.variance);
  for (int64_t c = 0; c < channels; ++c) {
    mean[c] = d.mean[c];
    scale[c] = inverse_deviation(d.variance[c], d.epsilon) * d.gamma[c];
    shift[c] = d.beta[c];
  }
  f.spread(mean), f.spread(scale), f.spread(shift);
  const auto pass = d.residual != nullptr ? (d.relu ? normalise<true, true, E> : normalise<true, false, E>)
                                          : (d.relu ? normalise<false, true, E> : normalise<false, false, E>);
  parallel_for<Order::kBackward>(chunks.count, 1,
                                 [&](int64_t i, int64_t) { pass(f, d, mean, scale, shift, chunks.begin(i), chunks.end(i)); });
}

template <typename E, typename T = Wide<E>>
struct Backward {
  const E *g, *x;
  const T *gamma, *mean, *variance;
  const E* y;  // where relu followed, its output: its gradient comes first; or null
  E* dx;
  T *dgamma, *dbeta;
  double epsilon;
};

// The gradient at the normalised output.
template <bool Rectified, typename E>
inline Wide<E> gradient_at(const Backward<E>& d, int64_t i) {
  if constexpr (Rectified) return ReluGrad{}(widened(d.g[i]), widened(d.y[i]));
  return widened(d.g[i]);
}

template <bool Rectified, typename E>
inline void ask_for_gradients(const Backward<E>& d, int64_t at, int64_t count) {
  ask_ahead(d.g + at, count);
  ask_ahead(d.x + at, count);
  if constexpr (Rectified) ask_ahead(d.y + at, count);
}

// sum += g, product += g (x - mean).
template <bool Rectified, typename E, typename T = Wide<E>>
void add_gradients(const Fold& f, const Backward<E>& d, const T* mean, int64_t begin, int64_t end, T* sum, T* product) {
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t first, int64_t count) {
    ask_for_gradients<Rectified>(d, at, count);
    const T* center = mean + first;
    T *s = sum + first, *p = product + first;
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      const T g = gradient_at<Rectified>(d, at + i);
      s[i] += g;
      p[i] += g * (d.x[at + i] - center[i]);
    }
  });
}

// What depends on the channel alone in dx = scale ((g - center) - (x - mean) slope).
template <typename T>
struct Slopes {
  const T *mean, *scale, *center, *slope;
};

template <bool Rectified, typename E, typename T = Wide<E>>
void input_gradient(const Fold& f, const Backward<E>& d, const Slopes<T>& s, int64_t begin, int64_t end) {
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t first, int64_t count) {
    ask_for_gradients<Rectified>(d, at, count);
    ask_ahead<true>(d.dx + at, count);
    const T *mean = s.mean + first, *scale = s.scale + first, *center = s.center + first, *slope = s.slope + first;
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      const T g = gradient_at<Rectified>(d, at + i) - center[i];
      d.dx[at + i] = scale[i] * (g - (d.x[at + i] - mean[i]) * slope[i]);
    }
  });
}

// dbeta = sum(g), dgamma = sum(g xhat), dx = gamma rstd (g - dbeta / M - xhat dgamma / M), with xhat = (x - mean) rstd.
template <typename E>
void backward(int64_t m, int64_t channels, const Backward<E>& d) {
  using T = Wide<E>;
  const RowChunks chunks(m, channels, kChunks);
  const Fold f(channels);
  T* scratch = thread_scratch<BatchScratch>().array<T>((2 * chunks.count + 4) * f.width);
  T *mean = scratch, *scale = mean + f.width, *center = scale + f.width, *slope = center + f.width, *sums = slope + f.width;
  std::copy_n(d.mean, channels, mean);
  f.spread(mean);
  const auto first = d.y == nullptr ? add_gradients<false, E> : add_gradients<true, E>;
  parallel_for(chunks.count, 1, [&](int64_t chunk, int64_t) {
    T *sum = sums + 2 * chunk * f.width, *product = sum + f.width;
    std::fill_n(sum, 2 * f.width, T(0));
    first(f, d, mean, chunks.begin(chunk), chunks.end(chunk), sum, product);
    f.gather(sum), f.gather(product);
  });
  add_chunks(sums, chunks.count, 2 * f.width, channels, d.dbeta);
  add_chunks(sums + f.width, chunks.count, 2 * f.width, channels, d.dgamma);
  const T share = m > 0 ? T(1) / static_cast<T>(m) : T(0);
  for (int64_t c = 0; c < channels; ++c) {
    const T rstd = inverse_deviation(d.variance[c], d.epsilon);
    d.dgamma[c] *= rstd;
    scale[c] = d.gamma[c] * rstd;
    center[c] = d.dbeta[c] * share;
    slope[c] = d.dgamma[c] * share * rstd;
  }
  f.spread(scale), f.spread(center), f.spread(slope);
  const auto second = d.y == nullptr ? input_gradient<false, E> : input_gradient<true, E>;
  const Slopes<T> slopes = {mean, scale, center, slope};
  parallel_for<Order::kBackward>(chunks.count, 1,
                                 [&](int64_t i, int64_t) { second(f, d, slopes, chunks.begin(i), chunks.end(i)); });
}

}  // namespace

// x [M,C], gamma, beta [C] [, residual [M,C]] -> y [M,C], mean, variance [C]; attributes epsilon [, relu]: what follows y. What
// belongs to channels is float32 where x has 16 bits.
int batchNorm_kernel(const Call& call, hebb_error& error) {
  const char* op = "batchNorm";
  bool relu = false;
  if (const int status = check_batch_norm(call, error, op, &relu)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[0];
  with_any_float(x.dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    forward<E>(x.dims[0], x.dims[1],
               {data<E>(x), data<T>(in[1]), data<T>(in[2]), call.n_inputs == 4 ? data<E>(in[3]) : nullptr, data<E>(out[0]),
                data<T>(out[1]), data<T>(out[2]), call.attributes[0], relu});
  });
  return HEBB_OK;
}

// g, x [M,C], gamma, mean, variance [C] [, y [M,C]] -> dx [M,C], dgamma, dbeta [C]. With y, the output of a relu that followed, g
// is the gradient there. dx may be g.
int batchNormGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "batchNormGrad";
  if (const int status = check_batch_norm_grad(call, error, op)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[1];
  with_any_float(x.dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    backward<E>(
        x.dims[0], x.dims[1],
        {data<E>(in[0]), data<E>(x), data<T>(in[2]), data<T>(in[3]), data<T>(in[4]),
         call.n_inputs == 6 ? data<E>(in[5]) : nullptr, data<E>(out[0]), data<T>(out[1]), data<T>(out[2]), call.attributes[0]});
  });
  return HEBB_OK;
}

}  // namespace hebb
