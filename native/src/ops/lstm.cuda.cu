// lstm and its gradient: for each step a product of all rows, then a thread for each row and unit. E is the type of the elements,
// T that of the arithmetic: products of 16-bit floats are float32, and what goes from step to step beside them is kept in
// float32.
#include "cpu/fill.h"
#include "cuda/map.cuh"
#include "cuda/memory.h"
#include "math/exp.h"
#include "ops/lstm.h"
#include "ops/matmul.cuda.h"
#include "ops/unary.h"

namespace hebb {
namespace {

template <typename E, typename T = Wide<E>>
struct LstmForward {
  const E *projected, *c0;
  const T* z;
  E *h, *cells, *gates;
  E* hidden;  // h of this step alone
  T* state;   // c unrounded; used where E is 16 bits
};

template <typename E, typename T = Wide<E>>
__device__ T cell_before(const LstmShape& s, int64_t t, const LstmForward<E>& f, int64_t at, int64_t row, int64_t j) {
  if (t == 0) return widened(f.c0[at]);
  if constexpr (kIsHalf<E>) return f.state[at];
  return widened(f.cells[(row - 1) * s.units + j]);
}

template <typename E, typename T = Wide<E>>
__global__ void lstm_cell(LstmShape s, int64_t t, LstmForward<E> f) {
  for_elements(s.rows * s.units, [&](int64_t at) {
    const int64_t r = at / s.units, j = at % s.units, row = r * s.steps + t, u = s.units;
    const E* p = f.projected + row * 4 * u + j;
    const T* z = f.z + r * 4 * u + j;
    const T before = cell_before(s, t, f, at, row, j);
    const T i = math::sigmoid(widened(p[0]) + z[0]), fo = math::sigmoid(widened(p[u]) + z[u]);
    const T g = math::tanh(widened(p[2 * u]) + z[2 * u]), o = math::sigmoid(widened(p[3 * u]) + z[3 * u]);
    const T c = fo * before + i * g, h = o * math::tanh(c);
    E* gates = f.gates + row * 4 * u + j;
    gates[0] = i, gates[u] = fo, gates[2 * u] = g, gates[3 * u] = o;
    f.cells[row * u + j] = c;
    f.h[row * u + j] = h;
    f.hidden[at] = h;
    if constexpr (kIsHalf<E>) f.state[at] = c;
  });
}

template <typename E, typename T = Wide<E>>
struct LstmBackward {
  const E *dh, *gates, *cells, *c0;
  const E *dcells, *dgates;  // null: zero
  const T* later;            // the gradient of h from the step after
  E *dprojected, *dz;        // dz: of this step alone
  T* dc;
};

template <typename E, typename T = Wide<E>>
__global__ void lstm_cell_grad(LstmShape s, int64_t t, LstmBackward<E> b) {
  for_elements(s.rows * s.units, [&](int64_t at) {
    const int64_t r = at / s.units, j = at % s.units, row = r * s.steps + t, u = s.units;
    const E* gates = b.gates + row * 4 * u + j;
    const T i = widened(gates[0]), f = widened(gates[u]), g = widened(gates[2 * u]), o = widened(gates[3 * u]);
    const T before = widened(t == 0 ? b.c0[at] : b.cells[(row - 1) * u + j]);
    const T slope = widened(b.dh[row * u + j]) + b.later[at], squashed = math::tanh(widened(b.cells[row * u + j]));
    T inner = b.dc[at] + slope * o * (T(1) - squashed * squashed);
    if (b.dcells != nullptr) inner += widened(b.dcells[row * u + j]);
    T more[4] = {inner * g, inner * before, inner * i, slope * squashed};
    if (b.dgates != nullptr)
      for (int k = 0; k < 4; ++k) more[k] += widened(b.dgates[row * 4 * u + k * u + j]);
    const T dz[4] = {more[0] * i * (T(1) - i), more[1] * f * (T(1) - f), more[2] * (T(1) - g * g), more[3] * o * (T(1) - o)};
    for (int k = 0; k < 4; ++k) b.dprojected[row * 4 * u + k * u + j] = b.dz[r * 4 * u + k * u + j] = dz[k];
    b.dc[at] = inner * f;
  });
}

// y [m, n] = a [m, k] b [k, n], where b lies transposed if it says so.
MatmulProblem product_of(int64_t m, int64_t n, int64_t k, const void* a, const void* b, bool transpose_b, void* y) {
  return {1, m, n, k, false, transpose_b, true, a, b, nullptr, nullptr, Activation::kNone, y};
}

template <typename E>
int forward(const LstmShape& s, const View* in, const View* out, hebb_error& error) {
  using T = Wide<E>;
  const int dtype = in[0].dtype;
  const int64_t states = s.rows * s.units;
  const Scratch products(static_cast<uint64_t>(4 * states) * sizeof(T)), hidden(static_cast<uint64_t>(states) * sizeof(E));
  const Scratch state(kIsHalf<E> ? static_cast<uint64_t>(states) * sizeof(T) : 0);
  const LstmForward<E> f = {data<const E>(in[0]), data<const E>(in[3]), products.as<T>(), data<E>(out[0]),
                            data<E>(out[1]),      data<E>(out[2]),      hidden.as<E>(),   state.as<T>()};
  for (int64_t t = 0; t < s.steps; ++t) {
    const E* previous = t == 0 ? data<const E>(in[2]) : f.hidden;
    const MatmulProblem p = product_of(s.rows, 4 * s.units, s.units, previous, in[1].data, false, products.as<T>());
    if (!cuda_matmul(p, dtype, wide_dtype(dtype))) return fail_product(error, "lstm", p);
    HEBB_LAUNCH(lstm_cell, grid_for(states), kThreads, s, t, f);
    check_launch("lstm");
  }
  return HEBB_OK;
}

template <typename E>
int backward(const LstmShape& s, const View* in, const View* out, bool more, hebb_error& error) {
  using T = Wide<E>;
  const int dtype = in[0].dtype, wide = wide_dtype(dtype);
  const int64_t states = s.rows * s.units;
  const Scratch dz(static_cast<uint64_t>(4 * states) * sizeof(E));
  // Sums over steps: in place, or in float32 beside.
  const Scratch sums(kIsHalf<E> ? static_cast<uint64_t>(2 * states) * sizeof(T) : 0);
  T* later = kIsHalf<E> ? sums.as<T>() : data<T>(out[1]);
  T* dc = kIsHalf<E> ? later + states : data<T>(out[2]);
  const T zero = 0;
  fill(later, states, wide, &zero);
  fill(dc, states, wide, &zero);
  const LstmBackward<E> b = {data<const E>(in[0]),
                             data<const E>(in[2]),
                             data<const E>(in[3]),
                             data<const E>(in[4]),
                             more ? data<const E>(in[5]) : nullptr,
                             more ? data<const E>(in[6]) : nullptr,
                             later,
                             data<E>(out[0]),
                             dz.as<E>(),
                             dc};
  for (int64_t t = s.steps - 1; t >= 0; --t) {
    HEBB_LAUNCH(lstm_cell_grad, grid_for(states), kThreads, s, t, b);
    check_launch("lstmGrad");
    const MatmulProblem p = product_of(s.rows, s.units, 4 * s.units, b.dz, in[1].data, true, later);
    if (!cuda_matmul(p, dtype, wide)) return fail_product(error, "lstmGrad", p);
  }
  if constexpr (kIsHalf<E>) {
    map(data<E>(out[1]), later, states, Unchanged{});
    map(data<E>(out[2]), dc, states, Unchanged{});
  }
  return HEBB_OK;
}

}  // namespace

int lstm_kernel(const Call& call, hebb_error& error) {
  LstmShape shape{};
  if (const int status = check_lstm_forward(call, error, "lstm", shape)) return status;
  int status = HEBB_OK;
  if (shape.rows == 0 || shape.units == 0) return status;
  with_any_float(call.inputs[0].dtype,
                 [&](auto type) { status = forward<typename decltype(type)::type>(shape, call.inputs, call.outputs, error); });
  return status;
}

int lstmGrad_kernel(const Call& call, hebb_error& error) {
  LstmShape shape{};
  if (const int status = check_lstm_grad(call, error, "lstmGrad", shape)) return status;
  int status = HEBB_OK;
  if (shape.rows == 0 || shape.units == 0) return status;
  with_any_float(call.inputs[0].dtype, [&](auto type) {
    status = backward<typename decltype(type)::type>(shape, call.inputs, call.outputs, call.n_inputs == 7, error);
  });
  return status;
}

}  // namespace hebb
