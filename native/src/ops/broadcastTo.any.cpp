#include "cpu/check.h"
#include "cpu/strided.h"

namespace hebb {

// x: any -> y of the same rank; each dimension of x is 1 or y's.
int broadcastTo_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "broadcastTo", 1, 1, 0)) return status;
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "broadcastTo", "an output", y, x.dtype)) return status;
  bool fits = x.rank == y.rank;
  for (int d = 0; fits && d < x.rank; ++d) fits = x.dims[d] == 1 || x.dims[d] == y.dims[d];
  if (!fits)
    return fail(error, HEBB_BAD_SHAPE,
                "broadcastTo: expected an input of the output's rank with each dimension 1 or the output's, received %s for %s",
                DimsText(x).c_str(), DimsText(y).c_str());
  int64_t to = elements(y), from = elements(x);
  if (to == 0) return HEBB_OK;
  StridedCopy copy;
  for (int d = 0; d < y.rank; ++d) {
    to /= y.dims[d];
    from /= x.dims[d];
    copy.append(y.dims[d], to, x.dims[d] == 1 ? 0 : from);
  }
  copy_strided(copy, x.dtype, y.data, x.data);
  return HEBB_OK;
}

}  // namespace hebb
