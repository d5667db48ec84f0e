// takeAlongAxis, and its transpose scatterAddAlongAxis, in which one thread goes through a column in order: deterministic.
#include "cpu/fill.h"
#include "cpu/indices.h"
#include "cuda/fault.h"
#include "cuda/map.cuh"
#include "cuda/memory.h"
#include "math/wrap.h"
#include "ops/takeAlongAxis.h"
#include "ops/unary.h"

namespace hebb {
namespace {

struct TakeShape {
  int64_t n, m, inner;
};

template <typename K, typename T>
__global__ void take(TakeShape s, const T* x, const K* k, T* y, int64_t count, FaultSite fault) {
  begin_kernel();
  for_elements(count, [&](int64_t at) {
    const int64_t index = static_cast<int64_t>(k[at]), i = at % s.inner, o = at / s.inner / s.m;
    const bool inside = index >= 0 && index < s.n;
    y[at] = inside ? x[(o * s.n + index) * s.inner + i] : T{};
    if (!inside) fault.report(index, at);
  });
}

template <typename K, typename T>
__global__ void scatter_columns(TakeShape s, const T* g, const K* k, Wide<T>* y, int64_t columns, FaultSite fault) {
  begin_kernel();
  for_elements(columns, [&](int64_t column) {
    const int64_t i = column % s.inner, o = column / s.inner;
    for (int64_t j = 0; j < s.m; ++j) {
      const int64_t at = (o * s.m + j) * s.inner + i, index = static_cast<int64_t>(k[at]);
      if (index < 0 || index >= s.n) {
        fault.report(index, at);
        continue;
      }
      Wide<T>* target = y + (o * s.n + index) * s.inner + i;
      *target = math::add(*target, widened(g[at]));
    }
  });
}

template <typename T, typename K>
void add_columns(const View& g, const View& k, Wide<T>* y, int64_t n) {
  const int64_t columns = g.dims[0] * g.dims[2];
  if (columns == 0 || g.dims[1] == 0) return;
  HEBB_LAUNCH(scatter_columns, grid_for(columns), kThreads, TakeShape{n, g.dims[1], g.dims[2]}, data<T>(g), data<K>(k), y,
              columns, fault_site("scatterAddAlongAxis", FaultKind::kIndex, n));
  check_launch("scatterAddAlongAxis");
}

// Sums of 16-bit floats are kept in float32 until all is added.
template <typename T, typename K>
void scatter_add(const View& g, const View& k, const View& y) {
  const Wide<T> zero = 0;
  const int64_t count = elements(y);
  if constexpr (kIsHalf<T>) {
    const Scratch sums(static_cast<uint64_t>(count) * sizeof(float));
    fill(sums.as<float>(), count, HEBB_FLOAT32, &zero);
    add_columns<T, K>(g, k, sums.as<float>(), y.dims[1]);
    map(data<T>(y), sums.as<float>(), count, Unchanged{});
  } else {
    fill(y.data, count, y.dtype, &zero);
    add_columns<T, K>(g, k, data<T>(y), y.dims[1]);
  }
}

}  // namespace

int takeAlongAxis_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "takeAlongAxis", 1, 2, 0)) return status;
  const View& x = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_take(call, error, "takeAlongAxis", x, y)) return status;
  const int64_t count = elements(y);
  const bool known = with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    if (count == 0) return;
    with_width(x.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      HEBB_LAUNCH(take, grid_for(count), kThreads, TakeShape{x.dims[1], y.dims[1], y.dims[2]}, data<T>(x), data<K>(k), data<T>(y),
                  count, fault_site("takeAlongAxis", FaultKind::kIndex, x.dims[1]));
      check_launch("takeAlongAxis");
    });
  });
  return known ? HEBB_OK : fail_dtype(error, "takeAlongAxis", "indices", "int32 or int64", k.dtype);
}

int scatterAddAlongAxis_kernel(const Call& call, hebb_error& error) {
  const char* op = "scatterAddAlongAxis";
  if (const int status = check_operands(call, error, op, 1, 2, 0)) return status;
  const View& g = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_take(call, error, op, y, g)) return status;
  bool known = true;
  const bool numeric = with_any_number(g.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    known = with_index(k.dtype, [&](auto index) { scatter_add<T, typename decltype(index)::type>(g, k, y); });
  });
  if (!known) return fail_dtype(error, op, "indices", "int32 or int64", k.dtype);
  return numeric ? HEBB_OK : fail_dtype(error, op, "an input", "a numeric dtype", g.dtype);
}

}  // namespace hebb
