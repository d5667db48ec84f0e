// lstm over all steps (S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of F. Gers et al.,
// "Learning to Forget", 2000, section 3).
#include "math/exp.h"
#include "ops/lstmParts.h"

namespace hebb {
namespace {

template <typename E>
struct Forward {
  const E *projected, *h0, *c0;
  E *h, *cells, *gates;
};

// One row of one step. z = h U of it. `gates` may be `projected`; `state` is c unrounded, and may be `before`.
template <typename E, typename T>
void activate(int64_t units, const E* projected, const T* z, const T* before, E* gates, E* cells, T* state, E* h) {
#pragma GCC ivdep
  for (int64_t j = 0; j < units; ++j) {
    const T i = math::sigmoid(widened(projected[j]) + z[j]);
    const T f = math::sigmoid(widened(projected[units + j]) + z[units + j]);
    const T g = math::tanh(widened(projected[2 * units + j]) + z[2 * units + j]);
    const T o = math::sigmoid(widened(projected[3 * units + j]) + z[3 * units + j]);
    const T c = f * before[j] + i * g;
    gates[j] = i;
    gates[units + j] = f;
    gates[2 * units + j] = g;
    gates[3 * units + j] = o;
    cells[j] = c;
    if constexpr (kIsHalf<E>) state[j] = c;
    h[j] = o * math::tanh(c);
  }
}

template <typename E>
void forward(const LstmShape& shape, const E* kernel, const Forward<E>& f) {
  using T = Wide<E>;
  const int64_t steps = shape.steps, units = shape.units, columns = 4 * units;
  const auto part = [&](int64_t first, int64_t rows, const PackedMatrix<E>& packed, T* memory, E* dense) {
    T *z = memory, *more = memory + rows * columns;
    // In 16 bits c would stand still where f is close to 1: it is kept in float32 beside.
    if constexpr (kIsHalf<E>) std::copy_n(f.c0 + first * units, rows * units, more);
    for (int64_t t = 0; t < steps; ++t) {
      const int64_t at = first * steps + t;
      const E* previous = t == 0 ? f.h0 + first * units : f.h + (at - 1) * units;
      packed.multiply(side_by_side(previous, t == 0 ? units : steps * units, rows, units, dense), rows, z, columns);
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = at + r * steps;
        T* state = more + r * units;
        const T* before = state;
        if constexpr (!kIsHalf<E>) before = t == 0 ? f.c0 + (first + r) * units : f.cells + (row - 1) * units;
        activate<E, T>(units, f.projected + row * columns, z + r * columns, before, f.gates + row * columns,
                       f.cells + row * units, state, f.h + row * units);
      }
    }
  };
  for_row_parts<E>(shape, {kernel, columns, 1}, units, columns, columns + (kIsHalf<E> ? units : 0), part);
}

}  // namespace

// projected:F [N,T,4H], kernel:F [H,4H], h0, c0:F [N,H] -> h, cells:F [N,T,H], gates:F [N,T,4H] (in the order i, f, g, o;
// may be `projected`).
int lstm_kernel(const Call& call, hebb_error& error) {
  const char* op = "lstm";
  LstmShape shape{};
  if (const int status = check_lstm_forward(call, error, op, shape)) return status;
  const View *in = call.inputs, *out = call.outputs;
  const bool done = with_lstm_type(in[0].dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    forward<E>(shape, data<E>(in[1]),
               {data<E>(in[0]), data<E>(in[2]), data<E>(in[3]), data<E>(out[0]), data<E>(out[1]), data<E>(out[2])});
  });
  return done ? HEBB_OK : run_widened(lstm_kernel, call, error);
}

}  // namespace hebb
