// layerNorm and its gradient over rows [M, D] (J. Ba, J. Kiros and G. Hinton, "Layer Normalization", 2016).
#include "ops/layerNorm.h"

#include "ops/normalize.h"

namespace hebb {
namespace {

struct LayerScratch {};
constexpr int64_t kChunks = 64;  // each has a partial gamma and beta gradient

int64_t row_grain(int64_t d) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, d)); }

// y = (x - mean) rstd gamma + beta, each row read from the cache after the first time.
template <typename E, typename T = Wide<E>>
void forward(int64_t m, int64_t d, const E* x, const T* gamma, const T* beta, E* y, T* means, T* rstds, double epsilon) {
  const T share = d > 0 ? T(1) / static_cast<T>(d) : T(0);
  parallel_for(m, row_grain(d), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const E* in = x + row * d;
      E* out = y + row * d;
      const T mean = sum_terms<T>(d, [&](int64_t i) { return in[i]; }) * share;
      const T squares = sum_terms<T>(d, [&](int64_t i) { return (in[i] - mean) * (in[i] - mean); });
      const T rstd = static_cast<T>(1.0 / std::sqrt(static_cast<double>(squares * share) + epsilon));
      for (int64_t i = 0; i < d; ++i) out[i] = (in[i] - mean) * rstd * gamma[i] + beta[i];
      means[row] = mean;
      rstds[row] = rstd;
    }
  });
}

template <typename E, typename T = Wide<E>>
struct Backward {
  const E *g, *x;
  const T *gamma, *mean, *rstd;
  E* dx;
  T *dgamma, *dbeta;
};

// dx = rstd (h - mean(h) - xhat mean(h xhat)) with h = g gamma, xhat = (x - mean) rstd; adds to this chunk's dgamma and dbeta.
template <typename E, typename T = Wide<E>>
void backward_row(int64_t d, const Backward<E>& b, int64_t row, T* dgamma, T* dbeta) {
  const E *g = b.g + row * d, *x = b.x + row * d;
  const T* gamma = b.gamma;
  const T mean = b.mean[row], rstd = b.rstd[row], share = T(1) / static_cast<T>(d);
  const T center = sum_terms<T>(d, [&](int64_t i) { return g[i] * gamma[i]; }) * share;
  const T slope = sum_terms<T>(d, [&](int64_t i) { return g[i] * gamma[i] * ((x[i] - mean) * rstd); }) * share;
  E* dx = b.dx + row * d;
  for (int64_t i = 0; i < d; ++i) dx[i] = rstd * ((g[i] * gamma[i] - center) - (x[i] - mean) * rstd * slope);
  for (int64_t i = 0; i < d; ++i) {
    dgamma[i] += g[i] * ((x[i] - mean) * rstd);
    dbeta[i] += g[i];
  }
}

template <typename E>
void backward(int64_t m, int64_t d, const Backward<E>& b) {
  using T = Wide<E>;
  const RowChunks chunks(m, d, kChunks);
  T* partial = thread_scratch<LayerScratch>().array<T>(std::max<int64_t>(1, chunks.count * 2 * d));
  parallel_for(chunks.count, 1, [&](int64_t chunk, int64_t) {
    T* own = partial + chunk * 2 * d;
    std::fill_n(own, 2 * d, T(0));
    for (int64_t row = chunks.begin(chunk); row < chunks.end(chunk); ++row) backward_row(d, b, row, own, own + d);
  });
  add_chunks(partial, chunks.count, 2 * d, d, b.dgamma);
  add_chunks(partial + d, chunks.count, 2 * d, d, b.dbeta);
}

}  // namespace

// x [M,D], gamma, beta [D] -> y [M,D], mean, rstd [M]; all but x and y are float32 where those have 16 bits.
int layerNorm_kernel(const Call& call, hebb_error& error) {
  const char* op = "layerNorm";
  if (const int status = check_layer_norm(call, error, op)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[0];
  with_any_float(x.dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    forward<E>(x.dims[0], x.dims[1], data<E>(x), data<T>(in[1]), data<T>(in[2]), data<E>(out[0]), data<T>(out[1]),
               data<T>(out[2]), call.attributes[0]);
  });
  return HEBB_OK;
}

// g, x [M,D], gamma [D], mean, rstd [M] -> dx [M,D], dgamma, dbeta [D].
int layerNormGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "layerNormGrad";
  if (const int status = check_layer_norm_grad(call, error, op)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const View& x = in[1];
  with_any_float(x.dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    backward<E>(x.dims[0], x.dims[1],
                {data<E>(in[0]), data<E>(x), data<T>(in[2]), data<T>(in[3]), data<T>(in[4]), data<E>(out[0]), data<T>(out[1]),
                 data<T>(out[2])});
  });
  return HEBB_OK;
}

}  // namespace hebb
