#include <cstring>

#include "cpu/check.h"
#include "cpu/strided.h"

namespace hebb {

// x: any -> y: the same elements, under any dimensions.
int copy_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "copy", 1, 1, 0)) return status;
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "copy", "an output", y, x.dtype)) return status;
  const int64_t n = elements(x);
  if (elements(y) != n)
    return fail(error, HEBB_BAD_SHAPE, "copy: expected an output of as many elements as the input's shape %s has, received %s",
                DimsText(x).c_str(), DimsText(y).c_str());
  if (x.data == y.data) return HEBB_OK;
  StridedCopy copy;
  copy.append(n, 1, 1);
  copy_strided(copy, x.dtype, y.data, x.data);
  return HEBB_OK;
}

}  // namespace hebb
