#include "cpu/anyDtype.h"
#include "cpu/indices.h"
#include "cuda/fault.h"
#include "cuda/launch.cuh"

namespace hebb {
namespace {

template <typename K, typename T>
__global__ void one_hot(const K* k, T* y, int64_t n, int64_t depth, T on, T off, FaultSite fault) {
  begin_kernel();
  for_elements(n, [&](int64_t at) {
    const int64_t j = at / depth, index = static_cast<int64_t>(k[j]);
    y[at] = at % depth == index ? on : off;
    if (at % depth == 0 && (index < 0 || index >= depth)) fault.report(index, j);
  });
}

}  // namespace

int oneHot_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "oneHot", 1, 1, 2)) return status;
  const View& k = call.inputs[0];
  const View& y = call.outputs[0];
  if (k.rank != 1 || y.rank != 2 || y.dims[0] != k.dims[0])
    return fail(error, HEBB_BAD_SHAPE, "oneHot: expected indices [m] and an output [m, depth], received %s and %s",
                DimsText(k).c_str(), DimsText(y).c_str());
  uint64_t on = 0, off = 0;
  if (const int status = encode_element(error, "oneHot", "`on`", y.dtype, call.attributes[0], &on)) return status;
  if (const int status = encode_element(error, "oneHot", "`off`", y.dtype, call.attributes[1], &off)) return status;
  const int64_t n = elements(y);
  const bool known = with_index(k.dtype, [&](auto index) {
    using K = typename decltype(index)::type;
    if (n == 0) return;
    with_width(y.dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      HEBB_LAUNCH(one_hot, grid_for(n), kThreads, data<K>(k), data<T>(y), n, y.dims[1], static_cast<T>(on), static_cast<T>(off),
                  fault_site("oneHot", FaultKind::kIndex, y.dims[1]));
      check_launch("oneHot");
    });
  });
  if (!known) return fail_dtype(error, "oneHot", "indices", "int32 or int64", k.dtype);
  if (n == 0 && k.dims[0] > 0)
    return fail(error, HEBB_BAD_RANGE, "oneHot: expected a depth of at least 1 for %lld indices", (long long)k.dims[0]);
  return HEBB_OK;
}

}  // namespace hebb
