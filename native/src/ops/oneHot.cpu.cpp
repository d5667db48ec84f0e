#include "cpu/anyDtype.h"
#include "cpu/fill.h"
#include "cpu/indices.h"

namespace hebb {

// k: int (or uint8) [M] -> y:T [M, D], attributes on, off: `on` at [j, k[j]], else `off`.
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
  if (const int status = check_indices(error, "oneHot", k, y.dims[1])) return status;
  fill(y.data, elements(y), y.dtype, &off);
  const size_t width = static_cast<size_t>(dtype_bytes(y.dtype));
  with_index(k.dtype, [&](auto type) {
    const auto* index = data<typename decltype(type)::type>(k);
    for (int64_t j = 0; j < k.dims[0]; ++j)
      std::memcpy(data<char>(y) + (j * y.dims[1] + static_cast<int64_t>(index[j])) * static_cast<int64_t>(width), &on, width);
  });
  return HEBB_OK;
}

}  // namespace hebb
