// One unit of one row in one step of an LSTM, and its gradient. E is the type of the elements, T that of the arithmetic: what
// goes from step to step beside 16-bit floats is kept in float32.
#pragma once

#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "math/exp.h"
#include "ops/lstm.h"
#include "ops/unary.h"

namespace hebb {

template <typename E, typename T = Wide<E>>
struct LstmForward {
  const E *projected, *c0;
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

// zi, zf, zg, zo: what the step before gives to the gates.
template <typename E, typename T = Wide<E>>
__device__ void lstm_cell_at(const LstmShape& s, int64_t t, const LstmForward<E>& f, int64_t r, int64_t j, T zi, T zf, T zg,
                             T zo) {
  const int64_t u = s.units, at = r * u + j, row = r * s.steps + t;
  const E* p = f.projected + row * 4 * u + j;
  const T before = cell_before(s, t, f, at, row, j);
  const T i = math::sigmoid(widened(p[0]) + zi), fo = math::sigmoid(widened(p[u]) + zf);
  const T g = math::tanh(widened(p[2 * u]) + zg), o = math::sigmoid(widened(p[3 * u]) + zo);
  const T c = fo * before + i * g, h = o * math::tanh(c);
  E* gates = f.gates + row * 4 * u + j;
  gates[0] = i, gates[u] = fo, gates[2 * u] = g, gates[3 * u] = o;
  f.cells[row * u + j] = c;
  f.h[row * u + j] = h;
  f.hidden[at] = h;
  if constexpr (kIsHalf<E>) f.state[at] = c;
}

template <typename E, typename T = Wide<E>>
struct LstmBackward {
  const E *dh, *gates, *cells, *c0;
  const E *dcells, *dgates;  // null: zero
  T* later;                  // the gradient of h from the step after
  E *dprojected, *dz;        // dz: of this step alone
  T* dc;
};

template <typename E, typename T = Wide<E>>
__device__ void lstm_cell_grad_at(const LstmShape& s, int64_t t, const LstmBackward<E>& b, int64_t r, int64_t j) {
  const int64_t u = s.units, at = r * u + j, row = r * s.steps + t;
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
}

}  // namespace hebb
