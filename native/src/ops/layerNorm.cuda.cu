// layerNorm and its gradient over rows [M, D]: a group of threads for each row; sums over rows come from the reduction's tree.
// E is the type of the elements, T that of the arithmetic, of gamma, beta and the statistics.
#include "cuda/reduce.cuh"
#include "cuda/rows.cuh"
#include "ops/layerNorm.h"

namespace hebb {
namespace {

template <typename E, typename T = Wide<E>>
struct LayerForward {
  const E* x;
  const T *gamma, *beta;
  E* y;
  T *mean, *rstd;
  int64_t d;
  double epsilon;
};

template <typename E, typename T = Wide<E>>
__global__ void layer_norm(RowPlan plan, LayerForward<E> f) {
  begin_kernel();
  const Place at = here();
  const int64_t row = my_row(at), count = row < plan.rows ? f.d : 0;
  const E* x = f.x + row * f.d;
  const T share = f.d > 0 ? T(1) / static_cast<T>(f.d) : T(0);
  const T mean = row_reduce<T>(
                     at, count, T(0), [&](int64_t i) { return widened(x[i]); }, AddUp{}) *
                 share;
  const T squares = row_reduce<T>(
      at, count, T(0), [&](int64_t i) { return (widened(x[i]) - mean) * (widened(x[i]) - mean); }, AddUp{});
  const T rstd = static_cast<T>(1.0 / std::sqrt(static_cast<double>(squares * share) + f.epsilon));
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x)
    f.y[row * f.d + i] = (widened(x[i]) - mean) * rstd * f.gamma[i] + f.beta[i];
  if (row < plan.rows && threadIdx.x == 0) {
    f.mean[row] = mean;
    f.rstd[row] = rstd;
  }
}

template <typename E, typename T = Wide<E>>
struct LayerGrad {
  const E *g, *x;
  const T *gamma, *mean, *rstd;
  int64_t d;
};

// dx = rstd (h - mean(h) - xhat mean(h xhat)) with h = g gamma, xhat = (x - mean) rstd.
template <typename E, typename T = Wide<E>>
__global__ void layer_norm_grad(RowPlan plan, LayerGrad<E> b, E* dx) {
  begin_kernel();
  const Place at = here();
  const int64_t row = my_row(at), count = row < plan.rows ? b.d : 0;
  const E *g = b.g + row * b.d, *x = b.x + row * b.d;
  const T mean = count > 0 ? b.mean[row] : T(0), rstd = count > 0 ? b.rstd[row] : T(0), share = T(1) / static_cast<T>(b.d);
  const auto slope_at = [&](int64_t i) { return widened(g[i]) * b.gamma[i]; };
  const auto normal_at = [&](int64_t i) { return (widened(x[i]) - mean) * rstd; };
  const T center = row_reduce<T>(at, count, T(0), slope_at, AddUp{}) * share;
  const T slope = row_reduce<T>(
                      at, count, T(0), [&](int64_t i) { return slope_at(i) * normal_at(i); }, AddUp{}) *
                  share;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x)
    dx[row * b.d + i] = rstd * ((slope_at(i) - center) - normal_at(i) * slope);
}

// What row r gives to the gradients of gamma and beta at i.
template <typename E, typename T = Wide<E>>
struct LoadLayerGrad {
  LayerGrad<E> b;
  __device__ Pair operator()(int64_t, int64_t r, int64_t i) const {
    const T g = widened(b.g[r * b.d + i]), x = widened(b.x[r * b.d + i]);
    return {static_cast<double>(g * ((x - b.mean[r]) * b.rstd[r])), static_cast<double>(g)};
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
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[0].dims[0], d = in[0].dims[1];
  if (m == 0) return HEBB_OK;
  with_any_float(in[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    const RowPlan plan(m, d);
    const LayerForward<E> f = {
        data<const E>(in[0]), data<const T>(in[1]), data<const T>(in[2]), data<E>(out[0]), data<T>(out[1]), data<T>(out[2]), d,
        call.attributes[0]};
    HEBB_LAUNCH(layer_norm, plan.grid(), plan.block(), plan, f);
    check_launch(op);
  });
  return HEBB_OK;
}

int layerNormGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "layerNormGrad";
  if (const int status = check_layer_norm_grad(call, error, op)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const int64_t m = in[1].dims[0], d = in[1].dims[1];
  if (d == 0) return HEBB_OK;
  with_any_float(in[1].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    using T = Wide<E>;
    const LayerGrad<E> b = {data<const E>(in[0]), data<const E>(in[1]), data<const T>(in[2]),
                            data<const T>(in[3]), data<const T>(in[4]), d};
    const PutBoth<T> put = {data<T>(out[1]), data<T>(out[2])};
    reduce_with<PairSum>(1, m, d, LoadLayerGrad<E>{b}, put);
    if (m == 0) return;
    const RowPlan plan(m, d);
    HEBB_LAUNCH(layer_norm_grad, plan.grid(), plan.block(), plan, b, data<E>(out[0]));
    check_launch(op);
  });
  return HEBB_OK;
}

}  // namespace hebb
