// lstm and its gradient: for each step a product of all rows, then a thread for each row and unit.
#include "cpu/fill.h"
#include "cpu/widen.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "math/exp.h"
#include "ops/lstm.h"
#include "ops/matmul.cuda.h"

namespace hebb {
namespace {

template <typename T>
struct LstmForward {
  const T *projected, *c0, *z;
  T *h, *cells, *gates, *hidden;  // hidden: h of this step alone
};

template <typename T>
__global__ void lstm_cell(LstmShape s, int64_t t, LstmForward<T> f) {
  for_elements(s.rows * s.units, [&](int64_t at) {
    const int64_t r = at / s.units, j = at % s.units, row = r * s.steps + t, u = s.units;
    const T *p = f.projected + row * 4 * u + j, *z = f.z + r * 4 * u + j;
    const T before = t == 0 ? f.c0[at] : f.cells[(row - 1) * u + j];
    const T i = math::sigmoid(p[0] + z[0]), fo = math::sigmoid(p[u] + z[u]);
    const T g = math::tanh(p[2 * u] + z[2 * u]), o = math::sigmoid(p[3 * u] + z[3 * u]);
    const T c = fo * before + i * g, h = o * math::tanh(c);
    T* gates = f.gates + row * 4 * u + j;
    gates[0] = i, gates[u] = fo, gates[2 * u] = g, gates[3 * u] = o;
    f.cells[row * u + j] = c;
    f.h[row * u + j] = h;
    f.hidden[at] = h;
  });
}

template <typename T>
struct LstmBackward {
  const T *dh, *gates, *cells, *c0;
  const T *dcells, *dgates;  // null: zero
  const T* later;            // the gradient of h from the step after
  T *dprojected, *dz, *dc;   // dz: of this step alone
};

template <typename T>
__global__ void lstm_cell_grad(LstmShape s, int64_t t, LstmBackward<T> b) {
  for_elements(s.rows * s.units, [&](int64_t at) {
    const int64_t r = at / s.units, j = at % s.units, row = r * s.steps + t, u = s.units;
    const T* gates = b.gates + row * 4 * u + j;
    const T i = gates[0], f = gates[u], g = gates[2 * u], o = gates[3 * u];
    const T before = t == 0 ? b.c0[at] : b.cells[(row - 1) * u + j];
    const T slope = b.dh[row * u + j] + b.later[at], squashed = math::tanh(b.cells[row * u + j]);
    T inner = b.dc[at] + slope * o * (T(1) - squashed * squashed);
    if (b.dcells != nullptr) inner += b.dcells[row * u + j];
    T more[4] = {inner * g, inner * before, inner * i, slope * squashed};
    if (b.dgates != nullptr)
      for (int k = 0; k < 4; ++k) more[k] += b.dgates[row * 4 * u + k * u + j];
    const T dz[4] = {more[0] * i * (T(1) - i), more[1] * f * (T(1) - f), more[2] * (T(1) - g * g), more[3] * o * (T(1) - o)};
    for (int k = 0; k < 4; ++k) b.dprojected[row * 4 * u + k * u + j] = b.dz[r * 4 * u + k * u + j] = dz[k];
    b.dc[at] = inner * f;
  });
}

// y [m, n] = a [m, k] b [k, n], where b lies transposed if it says so.
MatmulProblem product_of(int64_t m, int64_t n, int64_t k, const void* a, const void* b, bool transpose_b, void* y) {
  return {1, m, n, k, false, transpose_b, true, a, b, nullptr, nullptr, Activation::kNone, y};
}

template <typename T>
int forward(const LstmShape& s, const View* in, const View* out, hebb_error& error) {
  const int64_t states = s.rows * s.units;
  const Scratch memory(static_cast<uint64_t>(5 * states) * sizeof(T));
  T *hidden = memory.as<T>(), *z = hidden + states;
  const LstmForward<T> f = {data<const T>(in[0]), data<const T>(in[3]), z,     data<T>(out[0]),
                            data<T>(out[1]),      data<T>(out[2]),      hidden};
  for (int64_t t = 0; t < s.steps; ++t) {
    const T* previous = t == 0 ? data<const T>(in[2]) : hidden;
    const MatmulProblem p = product_of(s.rows, 4 * s.units, s.units, previous, in[1].data, false, z);
    if (!cuda_matmul(p, in[0].dtype, in[0].dtype)) return fail_product(error, "lstm", p);
    HEBB_LAUNCH(lstm_cell, grid_for(states), kThreads, s, t, f);
    check_launch("lstm");
  }
  return HEBB_OK;
}

template <typename T>
int backward(const LstmShape& s, const View* in, const View* out, bool more, hebb_error& error) {
  const int64_t states = s.rows * s.units;
  const int dtype = in[0].dtype;
  T *later = data<T>(out[1]), *dc = data<T>(out[2]);
  const T zero = 0;
  fill(later, states, dtype, &zero);
  fill(dc, states, dtype, &zero);
  const Scratch memory(static_cast<uint64_t>(4 * states) * sizeof(T));
  T* dz = memory.as<T>();
  const LstmBackward<T> b = {data<const T>(in[0]),
                             data<const T>(in[2]),
                             data<const T>(in[3]),
                             data<const T>(in[4]),
                             more ? data<const T>(in[5]) : nullptr,
                             more ? data<const T>(in[6]) : nullptr,
                             later,
                             data<T>(out[0]),
                             dz,
                             dc};
  for (int64_t t = s.steps - 1; t >= 0; --t) {
    HEBB_LAUNCH(lstm_cell_grad, grid_for(states), kThreads, s, t, b);
    check_launch("lstmGrad");
    const MatmulProblem p = product_of(s.rows, s.units, 4 * s.units, dz, in[1].data, true, later);
    if (!cuda_matmul(p, dtype, dtype)) return fail_product(error, "lstmGrad", p);
  }
  return HEBB_OK;
}

}  // namespace

int lstm_kernel(const Call& call, hebb_error& error) {
  LstmShape shape{};
  if (const int status = check_lstm_forward(call, error, "lstm", shape)) return status;
  if (has_halves(call)) return run_widened(lstm_kernel, call, error);
  int status = HEBB_OK;
  if (shape.rows == 0 || shape.units == 0) return status;
  with_float(call.inputs[0].dtype,
             [&](auto type) { status = forward<typename decltype(type)::type>(shape, call.inputs, call.outputs, error); });
  return status;
}

int lstmGrad_kernel(const Call& call, hebb_error& error) {
  LstmShape shape{};
  if (const int status = check_lstm_grad(call, error, "lstmGrad", shape)) return status;
  if (has_halves(call)) return run_widened(lstmGrad_kernel, call, error);
  int status = HEBB_OK;
  if (shape.rows == 0 || shape.units == 0) return status;
  with_float(call.inputs[0].dtype, [&](auto type) {
    status = backward<typename decltype(type)::type>(shape, call.inputs, call.outputs, call.n_inputs == 7, error);
  });
  return status;
}

}  // namespace hebb
