// batchNorm and its gradient over rows [M, C]: sums per channel from the reduction's tree, then one pass over the elements. The
// statistics are sums of distances from the channel's first element, in float64: a mean far from zero costs no digits.
#include "cpu/widen.h"
#include "cuda/epilogue.cuh"
#include "cuda/reduce.cuh"
#include "ops/activationGrad.h"
#include "ops/batchNorm.h"

namespace hebb {
namespace {

template <typename T>
struct LoadMoments {
  const T* x;
  int64_t channels;
  __device__ Pair operator()(int64_t, int64_t r, int64_t c) const {
    const double distance = static_cast<double>(x[r * channels + c]) - static_cast<double>(x[c]);
    return {distance, distance * distance};
  }
};

template <typename T>
struct PutMoments {
  const T* x;
  T *mean, *variance;
  double m;
  __device__ void operator()(int64_t, int64_t c, int64_t, const Pair& total) const {
    const double shift = m > 0 ? total.first / m : 0;
    const double spread = m > 0 ? total.second / m - shift * shift : 0;
    mean[c] = m > 0 ? static_cast<T>(static_cast<double>(x[c]) + shift) : T(0);
    variance[c] = static_cast<T>(spread < 0 ? 0 : spread);
  }
};

template <typename T>
struct Normalize {
  const T *x, *gamma, *beta, *mean, *variance;
  int64_t channels;
  double epsilon;
  __device__ T operator()(int64_t i) const {
    const int64_t c = i % channels;
    return (x[i] - mean[c]) * (inverse_deviation(variance[c], epsilon) * gamma[c]) + beta[c];
  }
};

template <typename T>
struct BatchGrad {
  const T *g, *x, *gamma, *mean, *variance;
  const T* y;  // the output of a relu that followed, or null
  int64_t channels;
  double epsilon;
  __device__ T slope(int64_t i) const { return y == nullptr ? g[i] : ReluGrad{}(g[i], y[i]); }
  __device__ T normal(int64_t i, int64_t c) const { return (x[i] - mean[c]) * inverse_deviation(variance[c], epsilon); }
};

template <typename T>
struct LoadBatchGrad {
  BatchGrad<T> b;
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
template <typename T>
struct InputGrad {
  BatchGrad<T> b;
  const T *dgamma, *dbeta;
  T share;
  __device__ T operator()(int64_t i) const {
    const int64_t c = i % b.channels;
    const T scale = b.gamma[c] * inverse_deviation(b.variance[c], b.epsilon);
    return scale * ((b.slope(i) - dbeta[c] * share) - b.normal(i, c) * (dgamma[c] * share));
  }
};

}  // namespace

int batchNorm_kernel(const Call& call, hebb_error& error) {
  const char* op = "batchNorm";
  bool relu = false;
  if (const int status = check_batch_norm(call, error, op, &relu)) return status;
  if (has_halves(call)) return run_widened(batchNorm_kernel, call, error);
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[0].dims[0], channels = in[0].dims[1];
  with_float(in[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = data<const T>(in[0]);
    T *mean = data<T>(out[1]), *variance = data<T>(out[2]);
    const PutMoments<T> put = {x, mean, variance, static_cast<double>(m)};
    reduce_with<PairSum>(1, m, channels, LoadMoments<T>{x, channels}, put);
    const Normalize<T> normalize = {x, data<const T>(in[1]), data<const T>(in[2]), mean, variance, channels, call.attributes[0]};
    map_places(data<T>(out[0]), m * channels, normalize);
    const T* residual = call.n_inputs == 4 ? data<const T>(in[3]) : nullptr;
    finish(data<T>(out[0]), m * channels, Epilogue<T>{residual, relu ? Activation::kRelu : Activation::kNone});
  });
  return HEBB_OK;
}

int batchNormGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "batchNormGrad";
  if (const int status = check_batch_norm_grad(call, error, op)) return status;
  if (has_halves(call)) return run_widened(batchNormGrad_kernel, call, error);
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[1].dims[0], channels = in[1].dims[1];
  with_float(in[1].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const BatchGrad<T> b = {data<const T>(in[0]),
                            data<const T>(in[1]),
                            data<const T>(in[2]),
                            data<const T>(in[3]),
                            data<const T>(in[4]),
                            call.n_inputs == 6 ? data<const T>(in[5]) : nullptr,
                            channels,
                            call.attributes[0]};
    T *dgamma = data<T>(out[1]), *dbeta = data<T>(out[2]);
    reduce_with<PairSum>(1, m, channels, LoadBatchGrad<T>{b}, PutBatchGrad<T>{dgamma, dbeta});
    const InputGrad<T> gradient = {b, dgamma, dbeta, m > 0 ? T(1) / static_cast<T>(m) : T(0)};
    map_places(data<T>(out[0]), m * channels, gradient);
  });
  return HEBB_OK;
}

}  // namespace hebb
