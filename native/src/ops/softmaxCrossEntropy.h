// What softmaxCrossEntropy and its gradient may be given.
#pragma once

#include "cpu/check.h"

namespace hebb {

// Whether each label is below C the kernel looks.
inline int check_cross_entropy(hebb_error& error, const char* op, const View& x, const View& k, const View& per_row) {
  if (!is_float(x.dtype)) return fail_dtype(error, op, "the scores", "a floating-point dtype", x.dtype);
  if (const int status = check_dtype(error, op, "the values per row", per_row, wide_dtype(x.dtype))) return status;
  if (k.dtype != HEBB_INT32 && k.dtype != HEBB_INT64 && k.dtype != HEBB_UINT8)
    return fail_dtype(error, op, "the labels", "int32, int64 or uint8", k.dtype);
  if (x.rank != 2 || k.rank != 1 || per_row.rank != 1 || k.dims[0] != x.dims[0] || per_row.dims[0] != x.dims[0])
    return fail(error, HEBB_BAD_SHAPE, "%s: expected scores [N, C], labels [N] and [N] values, received %s, %s and %s", op,
                DimsText(x).c_str(), DimsText(k).c_str(), DimsText(per_row).c_str());
  return HEBB_OK;
}

// The refusal of a label, which the CPU's kernel and the report of a CUDA kernel's make alike.
inline int fail_label(hebb_error& error, const char* op, int64_t label, int64_t row, int64_t classes) {
  return fail(error, HEBB_BAD_RANGE, "%s: label %lld in row %lld is outside [0, %lld): expected the index of one of %lld classes",
              op, (long long)label, (long long)row, (long long)classes, (long long)classes);
}

}  // namespace hebb
