// takeAlongAxis, and its transpose scatterAddAlongAxis.
#include "ops/takeAlongAxis.h"

#include "cpu/indices.h"
#include "cpu/parallel.h"
#include "math/wrap.h"

namespace hebb {
namespace {

template <typename T, typename K>
void take(const View& x, const K* k, const View& y) {
  const int64_t n = x.dims[1], m = y.dims[1], inner = y.dims[2];
  const T* from = data<T>(x);
  T* to = data<T>(y);
  parallel_for(y.dims[0] * m, kSerialBytes / (16 * inner) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* base = from + row / m * n * inner;
      for (int64_t i = 0; i < inner; ++i) to[row * inner + i] = base[static_cast<int64_t>(k[row * inner + i]) * inner + i];
    }
  });
}

constexpr int64_t kColumns = 64;

template <typename T, typename K>
void scatter(const View& g, const K* k, const View& y) {
  const int64_t n = y.dims[1], m = g.dims[1], inner = y.dims[2];
  const int64_t tiles = (inner + kColumns - 1) / kColumns;
  const int64_t cost = (n + 3 * m) * (inner < kColumns ? inner : kColumns) * static_cast<int64_t>(sizeof(T));
  parallel_for(y.dims[0] * tiles, kSerialBytes / (cost + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t o = task / tiles, first = task % tiles * kColumns;
      const int64_t last = inner - first < kColumns ? inner : first + kColumns;
      T* to = data<T>(y) + o * n * inner;
      const T* from = data<T>(g) + o * m * inner;
      const K* at = k + o * m * inner;
      for (int64_t r = 0; r < n; ++r)
        for (int64_t i = first; i < last; ++i) to[r * inner + i] = 0;
      for (int64_t j = 0; j < m; ++j)
        for (int64_t i = first; i < last; ++i) {
          T& target = to[static_cast<int64_t>(at[j * inner + i]) * inner + i];
          target = math::add(target, from[j * inner + i]);
        }
    }
  });
}

}  // namespace

// x: any [O, N, I], k: int [O, M, I] -> y [O, M, I], y[o, j, i] = x[o, k[o, j, i], i].
int takeAlongAxis_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "takeAlongAxis", 1, 2, 0)) return status;
  const View& x = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_take(call, error, "takeAlongAxis", x, y)) return status;
  if (const int status = check_indices(error, "takeAlongAxis", k, x.dims[1])) return status;
  if (elements(y) == 0) return HEBB_OK;
  with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    with_width(x.dtype, [&](auto type) { take<typename decltype(type)::type>(x, data<K>(k), y); });
  });
  return HEBB_OK;
}

// g:T [O, M, I], k: int [O, M, I] -> y:T [O, N, I], zero, then y[o, k[o, j, i], i] += g[o, j, i] in the order of j.
int scatterAddAlongAxis_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "scatterAddAlongAxis", 1, 2, 0)) return status;
  const View& g = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_take(call, error, "scatterAddAlongAxis", y, g)) return status;
  if (const int status = check_indices(error, "scatterAddAlongAxis", k, y.dims[1])) return status;
  bool numeric = true;
  with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    numeric = with_number(g.dtype, [&](auto type) { scatter<typename decltype(type)::type>(g, data<K>(k), y); });
  });
  return numeric ? HEBB_OK : fail_dtype(error, "scatterAddAlongAxis", "an input", "a numeric dtype", g.dtype);
}

}  // namespace hebb
