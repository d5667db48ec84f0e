#include "cpu/check.h"
#include "cpu/strided.h"

namespace hebb {
namespace {

int read_permutation(const Call& call, hebb_error& error, int64_t* perm) {
  const int rank = call.inputs[0].rank;
  unsigned seen = 0;
  for (int k = 0; k < rank; ++k) {
    const int status = integer_attribute(call, error, "transpose", "each dimension of the permutation", static_cast<uint32_t>(k),
                                         0, rank - 1, perm + k);
    if (status) return status;
    if (seen & (1u << perm[k]))
      return fail(error, HEBB_BAD_RANGE, "transpose: expected every dimension once in the permutation, received %d twice",
                  static_cast<int>(perm[k]));
    seen |= 1u << perm[k];
  }
  return HEBB_OK;
}

}  // namespace

// x: any -> y, attributes perm: dimension k of y is dimension perm[k] of x.
int transpose_kernel(const Call& call, hebb_error& error) {
  if (call.n_inputs != 1) return check_operands(call, error, "transpose", 1, 1, call.n_attributes);
  const View& x = call.inputs[0];
  if (const int status = check_operands(call, error, "transpose", 1, 1, static_cast<uint32_t>(x.rank))) return status;
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "transpose", "an output", y, x.dtype)) return status;
  int64_t perm[HEBB_MAX_RANK], strides[HEBB_MAX_RANK];
  if (const int status = read_permutation(call, error, perm)) return status;
  int64_t stride = 1;
  for (int d = x.rank - 1; d >= 0; --d) {
    strides[d] = stride;
    stride *= x.dims[d];
  }
  View expected = x;
  for (int k = 0; k < x.rank; ++k) expected.dims[k] = x.dims[perm[k]];
  if (const int status = check_same_dims(error, "transpose", "an output", expected, y)) return status;
  StridedCopy copy;
  stride = elements(y);
  if (stride == 0) return HEBB_OK;
  for (int k = 0; k < y.rank; ++k) {
    stride /= y.dims[k];
    copy.append(y.dims[k], stride, strides[perm[k]]);
  }
  copy_strided(copy, x.dtype, y.data, x.data);
  return HEBB_OK;
}

}  // namespace hebb
