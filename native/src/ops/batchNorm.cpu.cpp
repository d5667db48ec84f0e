// batchNorm and its gradient over rows [M, C] (S. Ioffe and C. Szegedy, "Batch Normalization", 2015, section 3).
//
// Each chunk of rows makes its own mean and squared deviations while it is in the cache; chunks are put together with the
// formula of T. Chan, G. Golub and R. LeVeque ("Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
// 1979).
#include "ops/batchNorm.h"

#include "ops/activationGrad.h"
#include "ops/normalize.h"
#include "ops/unary.h"

namespace hebb {
namespace {

struct BatchScratch {};
constexpr int64_t kChunks = 1024;

// Rows of few channels are taken several at a time, so that inner loops are long enough for vectors: `fold` rows of C are one row
// of `width`. What belongs to a channel is repeated along it.
struct Fold {
  int64_t channels, fold, width;
  explicit Fold(int64_t c) : channels(c), fold(c >= 32 || c == 0 ? 1 : 64 / c), width(c * fold) {}
  template <typename T>
  void spread(T* per_channel) const {
    for (int64_t i = channels; i < width; ++i) per_channel[i] = per_channel[i - channels];
  }
  template <typename T>
  void gather(T* sums) const {
    for (int64_t i = channels; i < width; ++i) sums[i % channels] += sums[i];
  }
};

// body(offset, count) for the elements of rows [begin, end), at most `width` at a time.
template <typename Body>
inline void for_wide_rows(const Fold& f, int64_t begin, int64_t end, const Body& body) {
  const int64_t last = end * f.channels;
  for (int64_t at = begin * f.channels; at < last; at += f.width) body(at, std::min(f.width, last - at));
}

// The mean and the sum of squared deviations of one chunk.
template <typename E, typename T>
void chunk_moments(const Fold& f, const E* x, int64_t begin, int64_t end, T* mean, T* squares) {
  std::fill_n(mean, f.width, T(0));
  std::fill_n(squares, f.width, T(0));
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t count) {
    for (int64_t i = 0; i < count; ++i) mean[i] += x[at + i];
  });
  f.gather(mean);
  const T scale = T(1) / static_cast<T>(end - begin);
  for (int64_t c = 0; c < f.channels; ++c) mean[c] *= scale;
  f.spread(mean);
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const T d = x[at + i] - mean[i];
      squares[i] += d * d;
    }
  });
  f.gather(squares);
}

template <typename T>
void merge_moments(const RowChunks& chunks, const Fold& f, const T* moments, T* mean, T* variance) {
  parallel_for(f.channels, 512, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      double m = 0, squares = 0, n = 0;
      for (int64_t i = 0; i < chunks.count; ++i) {
        const double count = static_cast<double>(chunks.end(i) - chunks.begin(i));
        const double delta = moments[2 * i * f.width + c] - m;
        squares += moments[(2 * i + 1) * f.width + c] + delta * delta * n * count / (n + count);
        m += delta * count / (n + count);
        n += count;
      }
      mean[c] = static_cast<T>(m);
      variance[c] = static_cast<T>(n > 0 ? squares / n : 0);
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
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t count) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      T y = (d.x[at + i] - mean[i]) * scale[i] + shift[i];
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
  parallel_for(chunks.count, 1, [&](int64_t i, int64_t) { pass(f, d, mean, scale, shift, chunks.begin(i), chunks.end(i)); });
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

// sum += g, product += g xhat.
template <bool Rectified, typename E, typename T = Wide<E>>
void add_gradients(const Fold& f, const Backward<E>& d, const T* mean, const T* rstd, int64_t begin, int64_t end, T* sum,
                   T* product) {
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t count) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      const T g = gradient_at<Rectified>(d, at + i);
      sum[i] += g;
      product[i] += g * ((d.x[at + i] - mean[i]) * rstd[i]);
    }
  });
}

// What depends on the channel alone in dx.
template <typename T>
struct Slopes {
  const T *mean, *rstd, *scale, *center, *slope;
};

template <bool Rectified, typename E, typename T = Wide<E>>
void input_gradient(const Fold& f, const Backward<E>& d, const Slopes<T>& s, int64_t begin, int64_t end) {
  for_wide_rows(f, begin, end, [&](int64_t at, int64_t count) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) {
      const T normal = (d.x[at + i] - s.mean[i]) * s.rstd[i];
      d.dx[at + i] = s.scale[i] * ((gradient_at<Rectified>(d, at + i) - s.center[i]) - normal * s.slope[i]);
    }
  });
}

// dbeta = sum(g), dgamma = sum(g xhat), dx = gamma rstd (g - dbeta / M - xhat dgamma / M), with xhat = (x - mean) rstd.
template <typename E>
void backward(int64_t m, int64_t channels, const Backward<E>& d) {
  using T = Wide<E>;
  const RowChunks chunks(m, channels, kChunks);
  const Fold f(channels);
  T* scratch = thread_scratch<BatchScratch>().array<T>((2 * chunks.count + 6) * f.width);
  T *mean = scratch, *rstd = mean + f.width, *scale = rstd + f.width, *center = scale + f.width, *slope = center + f.width;
  T *totals = slope + f.width, *sums = totals + f.width;
  for (int64_t c = 0; c < channels; ++c) mean[c] = d.mean[c], rstd[c] = inverse_deviation(d.variance[c], d.epsilon);
  f.spread(mean), f.spread(rstd);
  const auto first = d.y == nullptr ? add_gradients<false, E> : add_gradients<true, E>;
  parallel_for(chunks.count, 1, [&](int64_t chunk, int64_t) {
    T *sum = sums + 2 * chunk * f.width, *product = sum + f.width;
    std::fill_n(sum, 2 * f.width, T(0));
    first(f, d, mean, rstd, chunks.begin(chunk), chunks.end(chunk), sum, product);
    f.gather(sum), f.gather(product);
  });
  add_chunks(sums, chunks.count, 2 * f.width, channels, d.dbeta);
  add_chunks(sums + f.width, chunks.count, 2 * f.width, channels, d.dgamma);
  const T share = m > 0 ? T(1) / static_cast<T>(m) : T(0);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = d.gamma[c] * rstd[c];
    center[c] = d.dbeta[c] * share;
    slope[c] = d.dgamma[c] * share;
  }
  f.spread(scale), f.spread(center), f.spread(slope);
  const auto second = d.y == nullptr ? input_gradient<false, E> : input_gradient<true, E>;
  const Slopes<T> slopes = {mean, rstd, scale, center, slope};
  parallel_for(chunks.count, 1, [&](int64_t i, int64_t) { second(f, d, slopes, chunks.begin(i), chunks.end(i)); });
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
