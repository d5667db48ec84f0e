// layerNorm and its gradient over rows [M, D]: a group of threads for each row; sums over rows come from the reduction's tree.
#include "cpu/widen.h"
#include "cuda/reduce.cuh"
#include "cuda/rows.cuh"
#include "ops/layerNorm.h"

namespace hebb {
namespace {

template <typename T>
__global__ void layer_norm(RowPlan plan, int64_t d, const T* xs, const T* gamma, const T* beta, T* ys, T* means, T* rstds,
                           double epsilon) {
  const int64_t row = my_row(), count = row < plan.rows ? d : 0;
  const T* x = xs + row * d;
  const T share = d > 0 ? T(1) / static_cast<T>(d) : T(0);
  const T mean = row_reduce<T>(
                     count, T(0), [&](int64_t i) { return x[i]; }, AddUp{}) *
                 share;
  const T squares = row_reduce<T>(
      count, T(0), [&](int64_t i) { return (x[i] - mean) * (x[i] - mean); }, AddUp{});
  const T rstd = static_cast<T>(1.0 / std::sqrt(static_cast<double>(squares * share) + epsilon));
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) ys[row * d + i] = (x[i] - mean) * rstd * gamma[i] + beta[i];
  if (row < plan.rows && threadIdx.x == 0) {
    means[row] = mean;
    rstds[row] = rstd;
  }
}

template <typename T>
struct LayerGrad {
  const T *g, *x, *gamma, *mean, *rstd;
  int64_t d;
};

// dx = rstd (h - mean(h) - xhat mean(h xhat)) with h = g gamma, xhat = (x - mean) rstd.
template <typename T>
__global__ void layer_norm_grad(RowPlan plan, LayerGrad<T> b, T* dx) {
  const int64_t row = my_row(), count = row < plan.rows ? b.d : 0;
  const T *g = b.g + row * b.d, *x = b.x + row * b.d;
  const T mean = count > 0 ? b.mean[row] : T(0), rstd = count > 0 ? b.rstd[row] : T(0), share = T(1) / static_cast<T>(b.d);
  const T center = row_reduce<T>(
                       count, T(0), [&](int64_t i) { return g[i] * b.gamma[i]; }, AddUp{}) *
                   share;
  const T slope = row_reduce<T>(
                      count, T(0), [&](int64_t i) { return g[i] * b.gamma[i] * ((x[i] - mean) * rstd); }, AddUp{}) *
                  share;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x)
    dx[row * b.d + i] = rstd * ((g[i] * b.gamma[i] - center) - (x[i] - mean) * rstd * slope);
}

// What row r gives to the gradients of gamma and beta at i.
template <typename T>
struct LoadLayerGrad {
  LayerGrad<T> b;
  __device__ Pair operator()(int64_t, int64_t r, int64_t i) const {
    const T g = b.g[r * b.d + i];
    return {static_cast<double>(g * ((b.x[r * b.d + i] - b.mean[r]) * b.rstd[r])), static_cast<double>(g)};
  }
};

template <typename T>
struct PutBoth {
  T *first, *second;
  __device__ void operator()(int64_t, int64_t i, int64_t, const Pair& total) const {
    first[i] = static_cast<T>(total.first);
    second[i] = static_cast<T>(total.second);
  }
};

}  // namespace

int layerNorm_kernel(const Call& call, hebb_error& error) {
  const char* op = "layerNorm";
  if (const int status = check_layer_norm(call, error, op)) return status;
  if (has_halves(call)) return run_widened(layerNorm_kernel, call, error);
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[0].dims[0], d = in[0].dims[1];
  if (m == 0) return HEBB_OK;
  with_float(in[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const RowPlan plan(m, d);
    HEBB_LAUNCH(layer_norm, plan.grid(), plan.block(), plan, d, data<const T>(in[0]), data<const T>(in[1]), data<const T>(in[2]),
                data<T>(out[0]), data<T>(out[1]), data<T>(out[2]), call.attributes[0]);
    check_launch(op);
  });
  return HEBB_OK;
}

int layerNormGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "layerNormGrad";
  if (const int status = check_layer_norm_grad(call, error, op)) return status;
  if (has_halves(call)) return run_widened(layerNormGrad_kernel, call, error);
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[1].dims[0], d = in[1].dims[1];
  if (d == 0) return HEBB_OK;
  with_float(in[1].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const LayerGrad<T> b = {data<const T>(in[0]), data<const T>(in[1]), data<const T>(in[2]),
                            data<const T>(in[3]), data<const T>(in[4]), d};
    const PutBoth<T> put = {data<T>(out[1]), data<T>(out[2])};
    reduce_with<PairSum>(1, m, d, LoadLayerGrad<T>{b}, put);
    if (m == 0) return;
    const RowPlan plan(m, d);
    HEBB_LAUNCH(layer_norm_grad, plan.grid(), plan.block(), plan, b, data<T>(out[0]));
    check_launch(op);
  });
  return HEBB_OK;
}

}  // namespace hebb
