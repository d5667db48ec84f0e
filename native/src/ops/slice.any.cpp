#include "cpu/window.h"

namespace hebb {

// x: any -> y, attributes start…, step…: y[i] = x[start + i * step]; steps may be negative.
int slice_kernel(const Call& call, hebb_error& error) {
  if (call.n_inputs != 1) return check_operands(call, error, "slice", 1, 1, call.n_attributes);
  const View& x = call.inputs[0];
  if (const int status = check_operands(call, error, "slice", 1, 1, 2 * static_cast<uint32_t>(x.rank))) return status;
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "slice", "an output", y, x.dtype)) return status;
  Window window;
  if (const int status = read_window(call, error, "slice", y, x, &window)) return status;
  int64_t stride = elements(y);
  if (stride == 0) return HEBB_OK;
  StridedCopy copy;
  for (int d = 0; d < y.rank; ++d) {
    stride /= y.dims[d];
    copy.append(y.dims[d], stride, window.strides[d]);
  }
  copy_strided(copy, x.dtype, y.data, data<char>(x) + window.offset * dtype_bytes(x.dtype));
  return HEBB_OK;
}

}  // namespace hebb
