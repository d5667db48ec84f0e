// lstm and its gradient: all steps in one launch where its blocks run at the same time (lstmScan.cuda.h), else for each step a
// product of all rows, then a thread for each row and unit. Products of 16-bit floats are float32.
#include "cpu/fill.h"
#include "cuda/map.cuh"
#include "cuda/memory.h"
#include "ops/lstmScan.cuda.h"
#include "ops/matmul.cuda.h"

namespace hebb {
namespace {

template <typename E, typename T = Wide<E>>
__global__ void lstm_cell(LstmShape s, int64_t t, LstmForward<E> f, const T* products) {
  begin_kernel();
  for_elements(s.rows * s.units, [&](int64_t at) {
    const int64_t r = at / s.units, j = at % s.units, u = s.units;
    const T* z = products + r * 4 * u + j;
    lstm_cell_at(s, t, f, r, j, z[0], z[u], z[2 * u], z[3 * u]);
  });
}

template <typename E>
__global__ void lstm_cell_grad(LstmShape s, int64_t t, LstmBackward<E> b) {
  begin_kernel();
  for_elements(s.rows * s.units, [&](int64_t at) { lstm_cell_grad_at(s, t, b, at / s.units, at % s.units); });
}

// As few units a block as there are multiprocessors for; each is 0 where there are none for all, or where products on the tensor
// cores are the better way.
LstmScan scan_of(const LstmShape& s, int64_t columns) {
  LstmScan scan = {1, device().tile_columns, (columns + 3) / 4 * 4};
  while (scan.each <= LstmScan::kWarps && scan.blocks(s.units) > static_cast<unsigned>(device().multiprocessors)) scan.each *= 2;
  if (scan.each > LstmScan::kWarps || s.rows > LstmScan::kMostRows) scan.each = 0;
  return scan;
}

template <typename E>
bool scan_forward(const LstmShape& s, const View* in, LstmForward<E> f) {
  if constexpr (std::is_same_v<Wide<E>, float>) {
    const LstmScan scan = scan_of(s, s.units);
    if (scan.each == 0 || !run_together(lstm_scan<E>, scan.blocks(s.units), LstmScan::kThreads, scan.bytes(4))) return false;
    const Scratch exchange(static_cast<uint64_t>(2 * s.rows * s.units) * sizeof(E));
    HEBB_LAUNCH_TOGETHER(lstm_scan<E>, scan.blocks(s.units), LstmScan::kThreads, scan.bytes(4), s, scan, f, data<const E>(in[1]),
                         data<const E>(in[2]), exchange.as<E>());
    return true;
  }
  return false;
}

template <typename E>
bool scan_backward(const LstmShape& s, const View* in, const LstmBackward<E>& b) {
  if constexpr (std::is_same_v<Wide<E>, float>) {
    const LstmScan scan = scan_of(s, 4 * s.units);
    if (scan.each == 0 || !run_together(lstm_scan_grad<E>, scan.blocks(s.units), LstmScan::kThreads, scan.bytes(1))) return false;
    const Scratch exchange(static_cast<uint64_t>(2 * s.rows * 4 * s.units) * sizeof(E));
    HEBB_LAUNCH_TOGETHER(lstm_scan_grad<E>, scan.blocks(s.units), LstmScan::kThreads, scan.bytes(1), s, scan, b,
                         data<const E>(in[1]), exchange.as<E>());
    return true;
  }
  return false;
}

// y [m, n] = a [m, k] b [k, n], where b lies transposed if it says so.
MatmulProblem product_of(int64_t m, int64_t n, int64_t k, const void* a, const void* b, bool transpose_b, void* y) {
  return {1, m, n, k, false, transpose_b, true, a, b, nullptr, nullptr, Activation::kNone, y};
}

template <typename E>
int step_forward(const LstmShape& s, const View* in, LstmForward<E> f, hebb_error& error) {
  using T = Wide<E>;
  const int dtype = in[0].dtype;
  const int64_t states = s.rows * s.units;
  const Scratch products(static_cast<uint64_t>(4 * states) * sizeof(T)), hidden(static_cast<uint64_t>(states) * sizeof(E));
  f.hidden = hidden.as<E>();
  for (int64_t t = 0; t < s.steps; ++t) {
    const E* previous = t == 0 ? data<const E>(in[2]) : f.hidden;
    const MatmulProblem p = product_of(s.rows, 4 * s.units, s.units, previous, in[1].data, false, products.as<T>());
    if (!cuda_matmul(p, dtype, wide_dtype(dtype))) return fail_product(error, "lstm", p);
    HEBB_LAUNCH(lstm_cell, grid_for(states), kThreads, s, t, f, products.as<T>());
    check_launch("lstm");
  }
  return HEBB_OK;
}

template <typename E>
int forward(const LstmShape& s, const View* in, const View* out, hebb_error& error) {
  using T = Wide<E>;
  const Scratch state(kIsHalf<E> ? static_cast<uint64_t>(s.rows * s.units) * sizeof(T) : 0);
  const LstmForward<E> f = {
      data<const E>(in[0]), data<const E>(in[3]), data<E>(out[0]), data<E>(out[1]), data<E>(out[2]), nullptr, state.as<T>()};
  return scan_forward(s, in, f) ? static_cast<int>(HEBB_OK) : step_forward(s, in, f, error);
}

template <typename E>
int step_back(const LstmShape& s, const View* in, LstmBackward<E> b, hebb_error& error) {
  const int dtype = in[0].dtype;
  const int64_t states = s.rows * s.units;
  const Scratch dz(static_cast<uint64_t>(4 * states) * sizeof(E));
  b.dz = dz.as<E>();
  for (int64_t t = s.steps - 1; t >= 0; --t) {
    HEBB_LAUNCH(lstm_cell_grad, grid_for(states), kThreads, s, t, b);
    check_launch("lstmGrad");
    const MatmulProblem p = product_of(s.rows, s.units, 4 * s.units, b.dz, in[1].data, true, b.later);
    if (!cuda_matmul(p, dtype, wide_dtype(dtype))) return fail_product(error, "lstmGrad", p);
  }
  return HEBB_OK;
}

template <typename E>
int backward(const LstmShape& s, const View* in, const View* out, bool more, hebb_error& error) {
  using T = Wide<E>;
  const int wide = wide_dtype(in[0].dtype);
  const int64_t states = s.rows * s.units;
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
                             nullptr,
                             dc};
  if (!scan_backward(s, in, b))
    if (const int status = step_back(s, in, b, error)) return status;
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
