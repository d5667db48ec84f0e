// The gradient of lstm: from the last step to the first.
#include "math/exp.h"
#include "ops/lstmParts.h"

namespace hebb {
namespace {

template <typename E>
struct Backward {
  const E *dh, *gates, *cells, *c0;
  const E *dcells, *dgates;  // null: zero
  E *dprojected, *dh0, *dc0;
};

// One row of one step. In: the gradients of h from the loss and from the step `later`, and of c from that step; out: dz, and the
// gradient of the cell before in dc.
template <bool More, typename E, typename T>
void differentiate(int64_t units, const E* dh, const T* later, const E* gates, const E* cell, const E* before, const E* dcell,
                   const E* dgates, E* dz, T* dc) {
#pragma GCC ivdep
  for (int64_t j = 0; j < units; ++j) {
    const T i = gates[j], f = gates[units + j], g = gates[2 * units + j], o = gates[3 * units + j];
    const T slope = widened(dh[j]) + later[j], squashed = math::tanh(widened(cell[j]));
    T inner = dc[j] + slope * o * (T(1) - squashed * squashed);
    if constexpr (More) inner += widened(dcell[j]);
    T di = inner * g, df = inner * widened(before[j]), dg = inner * i, dout = slope * squashed;
    if constexpr (More) {
      di += widened(dgates[j]), df += widened(dgates[units + j]);
      dg += widened(dgates[2 * units + j]), dout += widened(dgates[3 * units + j]);
    }
    dz[j] = di * i * (T(1) - i);
    dz[units + j] = df * f * (T(1) - f);
    dz[2 * units + j] = dg * (T(1) - g * g);
    dz[3 * units + j] = dout * o * (T(1) - o);
    dc[j] = inner * f;
  }
}

template <bool More, typename E>
void backward(const LstmShape& shape, const E* kernel, const Backward<E>& b) {
  using T = Wide<E>;
  const int64_t steps = shape.steps, units = shape.units, columns = 4 * units;
  const auto part = [&](int64_t first, int64_t rows, const PackedMatrix<E>& packed, T* scratch, E* dense) {
    // Sums over steps: in place, or in float32 beside.
    T *later, *dc;
    if constexpr (kIsHalf<E>)
      later = scratch, dc = scratch + rows * units;
    else
      later = b.dh0 + first * units, dc = b.dc0 + first * units;
    std::fill_n(later, rows * units, T(0));
    std::fill_n(dc, rows * units, T(0));
    for (int64_t t = steps - 1; t >= 0; --t) {
      const int64_t at = first * steps + t;
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = at + r * steps;
        const E* before = t == 0 ? b.c0 + (first + r) * units : b.cells + (row - 1) * units;
        differentiate<More, E, T>(units, b.dh + row * units, later + r * units, b.gates + row * columns, b.cells + row * units,
                                  before, More ? b.dcells + row * units : nullptr, More ? b.dgates + row * columns : nullptr,
                                  b.dprojected + row * columns, dc + r * units);
      }
      packed.multiply(side_by_side(b.dprojected + at * columns, steps * columns, rows, columns, dense), rows, later, units);
    }
    if constexpr (kIsHalf<E>) {
      std::copy_n(later, rows * units, b.dh0 + first * units);
      std::copy_n(dc, rows * units, b.dc0 + first * units);
    }
  };
  for_row_parts<E>(shape, {kernel, 1, columns}, columns, units, kIsHalf<E> ? 2 * units : 0, part);
}

}  // namespace

// dh:F [N,T,H], kernel:F [H,4H], gates:F [N,T,4H], cells:F [N,T,H], c0:F [N,H], and either both or none of dcells:F [N,T,H] and
// dgates:F [N,T,4H] -> dprojected:F [N,T,4H] (may be `gates`), dh0, dc0:F [N,H].
int lstmGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "lstmGrad";
  LstmShape shape{};
  if (const int status = check_lstm_grad(call, error, op, shape)) return status;
  const bool more = call.n_inputs == 7;
  const View *in = call.inputs, *out = call.outputs;
  const View &gates = in[2], &dcells = more ? in[5] : in[3], &dgates = more ? in[6] : gates;
  const bool done = with_lstm_type(gates.dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    const Backward<E> b = {data<E>(in[0]),  data<E>(gates),  data<E>(in[3]),  data<E>(in[4]), data<E>(dcells),
                           data<E>(dgates), data<E>(out[0]), data<E>(out[1]), data<E>(out[2])};
    if (more)
      backward<true, E>(shape, data<E>(in[1]), b);
    else
      backward<false, E>(shape, data<E>(in[1]), b);
  });
  return done ? HEBB_OK : run_widened(lstmGrad_kernel, call, error);
}

}  // namespace hebb
