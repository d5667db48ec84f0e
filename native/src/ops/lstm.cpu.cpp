// lstm over all steps (S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of F. Gers et al.,
// "Learning to Forget", 2000, section 3).
#include "ops/lstm.h"

#include "math/exp.h"

namespace hebb {
namespace {

template <typename T>
struct Forward {
  const T *projected, *h0, *c0;
  T *h, *cells, *gates;
};

// One row of one step: z = h U of it. `gates` may be `projected`.
template <typename T>
void activate(int64_t units, const T* projected, const T* z, const T* before, T* gates, T* cells, T* h) {
#pragma GCC ivdep
  for (int64_t j = 0; j < units; ++j) {
    const T i = math::sigmoid(projected[j] + z[j]);
    const T f = math::sigmoid(projected[units + j] + z[units + j]);
    const T g = math::tanh(projected[2 * units + j] + z[2 * units + j]);
    const T o = math::sigmoid(projected[3 * units + j] + z[3 * units + j]);
    const T c = f * before[j] + i * g;
    gates[j] = i;
    gates[units + j] = f;
    gates[2 * units + j] = g;
    gates[3 * units + j] = o;
    cells[j] = c;
    h[j] = o * math::tanh(c);
  }
}

template <typename T>
void forward(const LstmShape& shape, const T* kernel, const Forward<T>& f) {
  const int64_t steps = shape.steps, units = shape.units, columns = 4 * units;
  const auto part = [&](int64_t first, int64_t rows, const PackedMatrix<T>& packed, T* memory) {
    T *z = memory, *scratch = memory + rows * columns;
    for (int64_t t = 0; t < steps; ++t) {
      const int64_t at = first * steps + t;
      const T* previous = t == 0 ? f.h0 + first * units : f.h + (at - 1) * units;
      packed.multiply({previous, t == 0 ? units : steps * units, 1}, rows, z, columns, scratch);
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t row = at + r * steps;
        const T* before = t == 0 ? f.c0 + (first + r) * units : f.cells + (row - 1) * units;
        activate(units, f.projected + row * columns, z + r * columns, before, f.gates + row * columns, f.cells + row * units,
                 f.h + row * units);
      }
    }
  };
  for_row_parts<T>(shape, {kernel, columns, 1}, units, columns, columns + units, part);
}

}  // namespace

// projected:F [N,T,4H], kernel:F [H,4H], h0, c0:F [N,H] -> h, cells:F [N,T,H], gates:F [N,T,4H] (in the order i, f, g, o;
// may be `projected`).
int lstm_kernel(const Call& call, hebb_error& error) {
  const char* op = "lstm";
  if (const int status = check_operands(call, error, op, 3, 4, 0)) return status;
  const View *in = call.inputs, *out = call.outputs;
  LstmShape shape{};
  if (const int status = check_lstm(error, op, in[0], in[1], {&out[0], &out[1]}, {&in[2], &in[3]}, shape)) return status;
  if (const int status = check_dtype(error, op, "the gates", out[2], in[0].dtype)) return status;
  if (const int status = check_same_dims(error, op, "the gates", in[0], out[2])) return status;
  with_float(in[0].dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    forward<T>(shape, data<T>(in[1]),
               {data<T>(in[0]), data<T>(in[2]), data<T>(in[3]), data<T>(out[0]), data<T>(out[1]), data<T>(out[2])});
  });
  return HEBB_OK;
}

}  // namespace hebb
