#include "cpu/check.h"
#include "cpu/strided.h"

namespace hebb {
namespace {

int check_concat(const Call& call, hebb_error& error, int64_t* axis) {
  if (call.n_inputs == 0) return check_operands(call, error, "concat", 1, 1, 1);
  if (const int status = check_operands(call, error, "concat", 1, call.n_inputs, 1)) return status;
  const View& y = call.outputs[0];
  if (const int status = integer_attribute(call, error, "concat", "the axis", 0, 0, y.rank - 1, axis)) return status;
  int64_t total = 0;
  for (uint32_t k = 0; k < call.n_inputs; ++k) {
    const View& x = call.inputs[k];
    if (const int status = check_dtype(error, "concat", "an input", x, y.dtype)) return status;
    View expected = y;
    if (x.rank == y.rank) expected.dims[*axis] = x.dims[*axis];
    if (const int status = check_same_dims(error, "concat", "an input", expected, x)) return status;
    if (__builtin_add_overflow(total, x.dims[*axis], &total)) total = -1;
  }
  if (total == y.dims[*axis]) return HEBB_OK;
  return fail(error, HEBB_BAD_SHAPE, "concat: expected an output whose dimension %d is the inputs' total of %lld, received %s",
              static_cast<int>(*axis), static_cast<long long>(total), DimsText(y).c_str());
}

}  // namespace

// x0 … xn: any -> y, attribute axis: the inputs one after the other along it.
int concat_kernel(const Call& call, hebb_error& error) {
  int64_t axis = 0;
  if (const int status = check_concat(call, error, &axis)) return status;
  const View& y = call.outputs[0];
  if (elements(y) == 0) return HEBB_OK;
  int64_t outer = 1, inner = 1;
  for (int64_t d = 0; d < axis; ++d) outer *= y.dims[d];
  for (int64_t d = axis + 1; d < y.rank; ++d) inner *= y.dims[d];
  const int64_t row = y.dims[axis] * inner;
  char* to = data<char>(y);
  for (uint32_t k = 0; k < call.n_inputs; ++k) {
    const int64_t n = call.inputs[k].dims[axis] * inner;
    StridedCopy copy;
    copy.append(outer, row, n);
    copy.append(n, 1, 1);
    copy_strided(copy, y.dtype, to, call.inputs[k].data);
    to += n * dtype_bytes(y.dtype);
  }
  return HEBB_OK;
}

}  // namespace hebb
