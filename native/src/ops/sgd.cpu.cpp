// Stochastic gradient descent with momentum, in one pass over the parameters.
#include "ops/sgd.h"

#include "ops/parameters.h"

namespace hebb {
namespace {

template <typename T>
void plain(const Call& call, const SgdStep<T>& step) {
  for_parameters(call, 2, chunk_elements<T, T, T>(), [=](const View* in, const View* out, int64_t begin, int64_t end) {
    const T *p = data<T>(in[0]), *g = data<T>(in[1]);
    T* to = data<T>(out[0]);
    const SgdStep<T> local = step;
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) to[i] = local(p[i], g[i]);
  });
}

template <typename T>
void with_momentum(const Call& call, const SgdStep<T>& step) {
  for_parameters(call, 3, chunk_elements<T, T, T, T, T>(), [=](const View* in, const View* out, int64_t begin, int64_t end) {
    const T *p = data<T>(in[0]), *g = data<T>(in[1]), *m = data<T>(in[2]);
    T *to = data<T>(out[0]), *to_m = data<T>(out[1]);
    const SgdStep<T> local = step;
    for (int64_t at = begin; at < end; at += kMapPiece) {
      const int64_t last = std::min(at + kMapPiece, end);
      for (const T* x : {p, g, m}) ask_ahead(x + at, last - at);
#pragma GCC ivdep
      for (int64_t i = at; i < last; ++i) {
        T moved = m[i];
        to[i] = local(p[i], g[i], &moved);
        to_m[i] = moved;
      }
    }
  });
}

}  // namespace

// For each parameter p:F g:F [m:F], then lr:F (one element) -> for each p' [m'], attributes momentum, nesterov, weightDecay.
// g += wd p; m' = momentum m + g; p' = p - lr (nesterov ? g + momentum m' : m'). Without m, p' = p - lr g. Outputs may be their
// inputs.
int sgdUpdate_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_sgd(call, error)) return status;
  const double momentum = call.attributes[0], decay = call.attributes[2];
  const bool nesterov = call.attributes[1] != 0;
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    const SgdStep<T> step = {*data<T>(call.inputs[call.n_inputs - 1]), static_cast<T>(momentum), static_cast<T>(decay), nesterov};
    if (keeps_momentum(call))
      with_momentum<T>(call, step);
    else
      plain<T>(call, step);
  };
  return with_float(dtype, body) ? HEBB_OK : fail_dtype(error, "sgdUpdate", "parameters", "a floating-point dtype", dtype);
}

}  // namespace hebb
