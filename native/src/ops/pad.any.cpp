#include "cpu/anyDtype.h"
#include "cpu/fill.h"
#include "cpu/window.h"

namespace hebb {

// x: any -> y, attributes start…, step…, value: y is filled with value, then y[start + i * step] = x[i].
int pad_kernel(const Call& call, hebb_error& error) {
  if (call.n_inputs != 1) return check_operands(call, error, "pad", 1, 1, call.n_attributes);
  const View& x = call.inputs[0];
  const uint32_t rank = static_cast<uint32_t>(x.rank);
  if (const int status = check_operands(call, error, "pad", 1, 1, 2 * rank + 1)) return status;
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "pad", "an output", y, x.dtype)) return status;
  uint64_t element = 0;
  if (const int status = encode_element(error, "pad", "the value", y.dtype, call.attributes[2 * rank], &element)) return status;
  Window window;
  if (const int status = read_window(call, error, "pad", x, y, &window)) return status;
  int64_t stride = elements(x);
  if (stride < elements(y)) fill(y.data, elements(y), y.dtype, &element);
  if (stride == 0) return HEBB_OK;
  StridedCopy copy;
  for (int d = 0; d < x.rank; ++d) {
    stride /= x.dims[d];
    copy.append(x.dims[d], window.strides[d], stride);
  }
  copy_strided(copy, x.dtype, data<char>(y) + window.offset * dtype_bytes(y.dtype), x.data);
  return HEBB_OK;
}

}  // namespace hebb
