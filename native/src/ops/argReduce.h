// What argMax and argMin may be given.
#pragma once

#include <limits>

#include "cpu/check.h"

namespace hebb {

inline int check_arg(const Call& call, hebb_error& error, const char* op) {
  if (const int status = check_operands(call, error, op, 1, 1, 0)) return status;
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  if (x.rank != 3 || y.rank != 2 || y.dims[0] != x.dims[0] || y.dims[1] != x.dims[2])
    return fail(error, HEBB_BAD_SHAPE, "%s: expected shapes [outer, reduce, inner] and [outer, inner], received %s and %s", op,
                DimsText(x).c_str(), DimsText(y).c_str());
  if (const int status = check_dtype(error, op, "an output", y, HEBB_INT32)) return status;
  if ((x.dims[1] > 0 && x.dims[1] <= std::numeric_limits<int32_t>::max()) || elements(y) == 0) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected 1 to 2147483647 elements to choose from, received an input of shape %s", op,
              DimsText(x).c_str());
}

}  // namespace hebb
