// batchNorm and its gradient over rows [M, C]: sums per channel from the reduction's tree, then one pass over the elements. The
// statistics are sums of distances from the channel's first element, in float64: a mean far from zero costs no digits. E is the
// type of the elements, T that of the arithmetic and of what belongs to a channel.
#include "cuda/map.cuh"
#include "cuda/reduce.cuh"
#include "ops/activationGrad.h"
#include "ops/batchNorm.h"
#include "ops/unary.h"

namespace hebb {
namespace {

template <typename E>
struct LoadMoments {
  const E* x;
  int64_t channels;
  __device__ Pair operator()(int64_t, int64_t r, int64_t c) const {
    const double distance = static_cast<double>(widened(x[r * channels + c])) - static_cast<double>(widened(x[c]));
    return {distance, distance * distance};
  }
};

template <typename E, typename T = Wide<E>>
struct PutMoments {
  const E* x;
  const T* gamma;
  T *mean, *variance, *scale;
  double m, epsilon;
  __device__ void operator()(int64_t, int64_t c, int64_t, const Pair& total) const {
    const double shift = m > 0 ? total.first / m : 0;
    const double spread = m > 0 ? total.second / m - shift * shift : 0;
    mean[c] = m > 0 ? static_cast<T>(static_cast<double>(widened(x[c])) + shift) : T(0);
    variance[c] = static_cast<T>(spread < 0 ? 0 : spread);
    scale[c] = inverse_deviation(variance[c], epsilon) * gamma[c];
  }
};

// y = (x - mean) scale + beta, then what follows; rounded in between as the ops one after another would.
template <typename E, typename T = Wide<E>>
struct Normalize {
  const E* x;
  const T *mean, *scale, *beta;
  const E* residual;  // added before the activation, or null
  bool relu;
  int64_t channels;
  __device__ E operator()(int64_t i) const {
    const int64_t c = remainder_of(i, channels);
    E y = (widened(x[i]) - mean[c]) * scale[c] + beta[c];
    if (residual != nullptr) y = widened(y) + widened(residual[i]);
    return relu ? E(Relu{}(widened(y))) : y;
  }
};

template <typename T>
struct InverseDeviation {
  double epsilon;
  __device__ T operator()(T variance) const { return inverse_deviation(variance, epsilon); }
};

template <typename E, typename T = Wide<E>>
struct BatchGrad {
  const E *g, *x;
  const T *gamma, *mean, *rstd;
  const E* y;  // the output of a relu that followed, or null
  int64_t channels;
  __device__ T slope(int64_t i) const { return y == nullptr ? widened(g[i]) : ReluGrad{}(widened(g[i]), widened(y[i])); }
  __device__ T normal(int64_t i, int64_t c) const { return (widened(x[i]) - mean[c]) * rstd[c]; }
};

template <typename E, typename T = Wide<E>>
struct LoadBatchGrad {
  BatchGrad<E> b;
  __device__ Pair operator()(int64_t, int64_t r, int64_t c) const {
    const int64_t i = r * b.channels + c;
    const T g = b.slope(i);
    return {static_cast<double>(g * b.normal(i, c)), static_cast<double>(g)};
  }
};

template <typename T>
struct PutBatchGrad {
  T *dgamma, *dbeta;
  __device__ void operator()(int64_t, int64_t c, int64_t, const Pair& total) const {
    dgamma[c] = static_cast<T>(total.first);
    dbeta[c] = static_cast<T>(total.second);
  }
};

// dx = gamma rstd (g - dbeta / M - xhat dgamma / M).
template <typename E, typename T = Wide<E>>
struct InputGrad {
  BatchGrad<E> b;
  const T *dgamma, *dbeta;
  T share;
  __device__ T operator()(int64_t i) const {
    const int64_t c = remainder_of(i, b.channels);
    const T scale = b.gamma[c] * b.rstd[c];
    return scale * ((b.slope(i) - dbeta[c] * share) - b.normal(i, c) * (dgamma[c] * share));
  }
};

}  // namespace

int batchNorm_kernel(const Call& call, hebb_error& error) {
  const char* op = "batchNorm";
  bool relu = false;
  if (const int status = check_batch_norm(call, error, op, &relu)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[0].dims[0], channels = in[0].dims[1];
  with_any_float(in[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    const E *x = data<const E>(in[0]), *residual = call.n_inputs == 4 ? data<const E>(in[3]) : nullptr;
    const T *gamma = data<const T>(in[1]), *beta = data<const T>(in[2]);
    T *mean = data<T>(out[1]), *variance = data<T>(out[2]);
    const Scratch scale(static_cast<uint64_t>(channels) * sizeof(T));
    const double epsilon = call.attributes[0];
    const PutMoments<E> put = {x, gamma, mean, variance, scale.as<T>(), static_cast<double>(m), epsilon};
    reduce_with<PairSum>(1, m, channels, LoadMoments<E>{x, channels}, put);
    map_places(data<E>(out[0]), m * channels, Normalize<E>{x, mean, scale.as<T>(), beta, residual, relu, channels});
  });
  return HEBB_OK;
}

int batchNormGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "batchNormGrad";
  if (const int status = check_batch_norm_grad(call, error, op)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[1].dims[0], channels = in[1].dims[1];
  with_any_float(in[1].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    const Scratch rstd(static_cast<uint64_t>(channels) * sizeof(T));
    map(rstd.as<T>(), data<const T>(in[4]), channels, InverseDeviation<T>{call.attributes[0]});
    const E* y = call.n_inputs == 6 ? data<const E>(in[5]) : nullptr;
    const BatchGrad<E> b = {
        data<const E>(in[0]), data<const E>(in[1]), data<const T>(in[2]), data<const T>(in[3]), rstd.as<T>(), y, channels};
    T *dgamma = data<T>(out[1]), *dbeta = data<T>(out[2]);
    reduce_with<PairSum>(1, m, channels, LoadBatchGrad<E>{b}, PutBatchGrad<T>{dgamma, dbeta});
    const InputGrad<E> gradient = {b, dgamma, dbeta, m > 0 ? T(1) / static_cast<T>(m) : T(0)};
    map_places(data<E>(out[0]), m * channels, gradient);
  });
  return HEBB_OK;
}

}  // namespace hebb
