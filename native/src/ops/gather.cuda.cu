// gather, and its transpose scatterAdd. Sums are deterministic: indices are sorted stably, and each row of the output adds up
// what belongs to it in the order that it came in, as the CPU does.
#include <cub/device/device_radix_sort.cuh>

#include "cpu/fill.h"
#include "cpu/indices.h"
#include "cuda/fault.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "math/wrap.h"
#include "ops/gather.h"

namespace hebb {
namespace {

struct GatherShape {
  int64_t n, m, inner;
};

template <typename K, typename T>
__global__ void gather_elements(GatherShape s, const T* x, const K* k, T* y, int64_t count, FaultSite fault) {
  begin_kernel();
  for_elements(count, [&](int64_t at) {
    const int64_t i = at % s.inner, row = at / s.inner, j = row % s.m, o = row / s.m;
    const int64_t index = static_cast<int64_t>(k[j]);
    const bool inside = index >= 0 && index < s.n;
    y[at] = inside ? x[(o * s.n + index) * s.inner + i] : T{};
    if (!inside && o == 0 && i == 0) fault.report(index, j);
  });
}

// Keys to sort by; an index out of range goes to the end, where nobody adds it.
template <typename K>
__global__ void make_keys(const K* k, int64_t m, int64_t n, uint32_t* keys, uint32_t* places, FaultSite fault) {
  begin_kernel();
  for_elements(m, [&](int64_t j) {
    const int64_t index = static_cast<int64_t>(k[j]);
    const bool inside = index >= 0 && index < n;
    keys[j] = static_cast<uint32_t>(inside ? index : n);
    places[j] = static_cast<uint32_t>(j);
    if (!inside) fault.report(index, j);
  });
}

// One block for each place in the sorted order and tile of columns; the first of a run of equal keys adds the run.
template <typename T>
__global__ void add_runs(GatherShape s, const T* g, T* y, const uint32_t* keys, const uint32_t* places, int64_t tiles) {
  begin_kernel();
  const int64_t tile = blockIdx.x % tiles, rest = blockIdx.x / tiles, o = rest / s.m, first = rest % s.m;
  const uint32_t key = keys[first];
  if (key >= s.n || (first > 0 && keys[first - 1] == key)) return;
  const int64_t i = tile * blockDim.x + threadIdx.x;
  if (i >= s.inner) return;
  Wide<T> sum = 0;
  for (int64_t j = first; j < s.m && keys[j] == key; ++j)
    sum = math::add(sum, widened(g[(o * s.m + static_cast<int64_t>(places[j])) * s.inner + i]));
  y[(o * s.n + static_cast<int64_t>(key)) * s.inner + i] = sum;
}

struct SortedIndices {
  Scratch keys, places, sorted_keys, sorted_places;
  explicit SortedIndices(int64_t m)
      : keys(static_cast<uint64_t>(m) * 4),
        places(static_cast<uint64_t>(m) * 4),
        sorted_keys(static_cast<uint64_t>(m) * 4),
        sorted_places(static_cast<uint64_t>(m) * 4) {}

  void sort(int64_t m, int64_t n) {
    int bits = 1;
    while (bits < 32 && (int64_t{1} << bits) <= n) ++bits;
    size_t bytes = 0;
    const auto run = [&](void* scratch) {
      check_cuda(
          cub::DeviceRadixSort::SortPairs(scratch, bytes, keys.as<uint32_t>(), sorted_keys.as<uint32_t>(), places.as<uint32_t>(),
                                          sorted_places.as<uint32_t>(), static_cast<int>(m), 0, bits, stream()),
          "sorting indices");
    };
    run(nullptr);
    const Scratch scratch(bytes + 1);
    run(scratch.as<void>());
  }
};

template <typename T, typename K>
void scatter_add(const View& g, const View& k, const View& y) {
  const GatherShape s = {y.dims[1], g.dims[1], y.dims[2]};
  SortedIndices sorted(s.m);
  HEBB_LAUNCH(make_keys, grid_for(s.m), kThreads, data<K>(k), s.m, s.n, sorted.keys.as<uint32_t>(), sorted.places.as<uint32_t>(),
              fault_site("scatterAdd", FaultKind::kIndex, s.n));
  check_launch("making keys");
  const int64_t outer = y.dims[0];
  if (outer == 0 || s.inner == 0) return;
  sorted.sort(s.m, s.n);
  const int width = power_of_two(s.inner, kThreads);
  const int64_t tiles = (s.inner + width - 1) / width;
  HEBB_LAUNCH(add_runs, exact_grid(outer * s.m * tiles), width, s, data<T>(g), data<T>(y), sorted.sorted_keys.as<uint32_t>(),
              sorted.sorted_places.as<uint32_t>(), tiles);
  check_launch("scatterAdd");
}

}  // namespace

int gather_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "gather", 1, 2, 0)) return status;
  const View& x = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_gather(call, error, "gather", x, y)) return status;
  const int64_t count = elements(y);
  const bool known = with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    if (count == 0) return;
    with_width(x.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      HEBB_LAUNCH(gather_elements, grid_for(count), kThreads, GatherShape{x.dims[1], y.dims[1], y.dims[2]}, data<T>(x),
                  data<K>(k), data<T>(y), count, fault_site("gather", FaultKind::kIndex, x.dims[1]));
      check_launch("gather");
    });
  });
  return known ? HEBB_OK : fail_dtype(error, "gather", "indices", "int32 or int64", k.dtype);
}

int scatterAdd_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "scatterAdd", 1, 2, 0)) return status;
  const View& g = call.inputs[0];
  const View& k = call.inputs[1];
  const View& y = call.outputs[0];
  if (const int status = check_gather(call, error, "scatterAdd", y, g)) return status;
  if (k.dtype != HEBB_INT32 && k.dtype != HEBB_INT64)
    return fail_dtype(error, "scatterAdd", "indices", "int32 or int64", k.dtype);
  if (g.dims[1] > INT32_MAX || y.dims[1] >= UINT32_MAX)
    return fail(error, HEBB_UNSUPPORTED, "scatterAdd: expected fewer than 2^31 indices on a GPU, received %s",
                DimsText(k).c_str());
  const bool numeric = with_any_number(g.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T zero = 0;
    fill(y.data, elements(y), y.dtype, &zero);
    if (g.dims[1] == 0) return;
    with_index(k.dtype, [&](auto index) { scatter_add<T, typename decltype(index)::type>(g, k, y); });
  });
  return numeric ? HEBB_OK : fail_dtype(error, "scatterAdd", "an input", "a numeric dtype", g.dtype);
}

}  // namespace hebb
