// What takeAlongAxis and scatterAddAlongAxis may be given.
#pragma once

#include "cpu/check.h"

namespace hebb {

// `large` is [O, N, I]; `small` and k are [O, M, I]. Whether each index is below N the kernel looks.
inline int check_take(const Call& call, hebb_error& error, const char* op, const View& large, const View& small) {
  const View& k = call.inputs[1];
  if (const int status = check_dtype(error, op, "an output", call.outputs[0], call.inputs[0].dtype)) return status;
  if (k.dtype == HEBB_UINT8) return fail_dtype(error, op, "indices", "int32 or int64", k.dtype);
  if (large.rank != 3 || small.rank != 3 || large.dims[0] != small.dims[0] || large.dims[2] != small.dims[2] ||
      !same_dims(small, k))
    return fail(
        error, HEBB_BAD_SHAPE,
        "%s: expected an input, indices and an output of shapes [outer, n, inner], [outer, m, inner] and [outer, m, inner] "
        "(n and m swapped for scatterAddAlongAxis), received %s, %s and %s",
        op, DimsText(call.inputs[0]).c_str(), DimsText(k).c_str(), DimsText(call.outputs[0]).c_str());
  return HEBB_OK;
}

}  // namespace hebb
