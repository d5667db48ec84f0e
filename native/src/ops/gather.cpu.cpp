// gather, and its transpose scatterAdd.
#include "ops/gather.h"

#include <cstring>

#include "cpu/indices.h"
#include "cpu/parallel.h"
#include "math/wrap.h"

namespace hebb {
namespace {

template <typename T, typename K>
void gather_elements(const View& x, const K* k, const View& y) {
  const T* from = data<T>(x);
  T* to = data<T>(y);
  const int64_t n = x.dims[1], m = y.dims[1];
  parallel_for(y.dims[0] * m, kSerialBytes / 16, [&](int64_t begin, int64_t end) {
    int64_t o = begin / m, j = begin % m;
    for (int64_t at = begin; at < end; ++at) {
      to[at] = from[o * n + static_cast<int64_t>(k[j])];
      if (++j == m) {
        j = 0;
        ++o;
      }
    }
  });
}

template <typename K>
void gather_rows(const View& x, const K* k, const View& y) {
  const int64_t n = x.dims[1], m = y.dims[1], row = x.dims[2] * dtype_bytes(x.dtype);
  const char* from = data<char>(x);
  char* to = data<char>(y);
  parallel_for(y.dims[0] * m, kSerialBytes / (2 * row) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at)
      std::memcpy(to + at * row, from + (at / m * n + static_cast<int64_t>(k[at % m])) * row, static_cast<size_t>(row));
  });
}

// Columns that one task adds up. Every task goes through the indices in order, so that sums do not depend on threads.
constexpr int64_t kColumns = 64;

template <typename T, typename K>
void scatter_add(const View& g, const K* k, const View& y) {
  const int64_t n = y.dims[1], m = g.dims[1], inner = y.dims[2];
  const int64_t tiles = (inner + kColumns - 1) / kColumns;
  const int64_t cost = (n + 3 * m) * (inner < kColumns ? inner : kColumns) * static_cast<int64_t>(sizeof(T));
  parallel_for(y.dims[0] * tiles, kSerialBytes / (cost + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t o = task / tiles, column = task % tiles * kColumns;
      const int64_t width = inner - column < kColumns ? inner - column : kColumns;
      T* to = data<T>(y) + o * n * inner + column;
      const T* from = data<T>(g) + o * m * inner + column;
      for (int64_t r = 0; r < n; ++r)
        for (int64_t i = 0; i < width; ++i) to[r * inner + i] = 0;
      for (int64_t j = 0; j < m; ++j) {
        T* row = to + static_cast<int64_t>(k[j]) * inner;
#pragma GCC ivdep
        for (int64_t i = 0; i < width; ++i) row[i] = math::add(row[i], from[j * inner + i]);
      }
    }
  });
}

}  // namespace

// x: any [O, N, I], k: int [M] -> y [O, M, I], y[o, j, i] = x[o, k[j], i].
int gather_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "gather", 1, 2, 0)) return status;
  const View& x = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_gather(call, error, "gather", x, y)) return status;
  if (const int status = check_indices(error, "gather", k, x.dims[1])) return status;
  if (elements(y) == 0) return HEBB_OK;
  with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    if (x.dims[2] > 1) return gather_rows(x, data<K>(k), y);
    with_width(x.dtype, [&](auto type) { gather_elements<typename decltype(type)::type>(x, data<K>(k), y); });
  });
  return HEBB_OK;
}

// g:T [O, M, I], k: int [M] -> y:T [O, N, I], zero, then y[o, k[j], i] += g[o, j, i] in the order of j.
int scatterAdd_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "scatterAdd", 1, 2, 0)) return status;
  const View& g = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_gather(call, error, "scatterAdd", y, g)) return status;
  if (const int status = check_indices(error, "scatterAdd", k, y.dims[1])) return status;
  bool numeric = true;
  with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    numeric = with_number(g.dtype, [&](auto type) { scatter_add<typename decltype(type)::type>(g, data<K>(k), y); });
  });
  return numeric ? HEBB_OK : fail_dtype(error, "scatterAdd", "an input", "a numeric dtype", g.dtype);
}

}  // namespace hebb
