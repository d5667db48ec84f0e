#include "cpu/window.h"

#include <limits>

namespace hebb {
namespace {

constexpr int64_t kLargest = int64_t{1} << 52;

int fail_window(hebb_error& error, const char* op, int d, int64_t start, int64_t step, int64_t count, int64_t size) {
  return fail(error, HEBB_BAD_RANGE,
              "%s: expected positions within [0, %lld) of dimension %d, received start %lld, step %lld and %lld elements", op,
              static_cast<long long>(size), d, static_cast<long long>(start), static_cast<long long>(step),
              static_cast<long long>(count));
}

}  // namespace

int read_window(const Call& call, hebb_error& error, const char* op, const View& small, const View& large, Window* window) {
  const int rank = small.rank;
  if (large.rank != rank)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected an input and an output of the same rank, received %s and %s", op,
                DimsText(call.inputs[0]).c_str(), DimsText(call.outputs[0]).c_str());
  const bool empty = elements(small) == 0;
  window->offset = 0;
  int64_t stride = 1;
  for (int d = rank - 1; d >= 0; --d) {
    int64_t start = 0, step = 0;
    const uint32_t at = static_cast<uint32_t>(d);
    if (const int status = integer_attribute(call, error, op, "each start", at, -kLargest, kLargest, &start)) return status;
    if (const int status = integer_attribute(call, error, op, "each step", at + rank, -kLargest, kLargest, &step)) return status;
    int64_t last = 0;
    const int64_t count = small.dims[d];
    if (!empty) {
      const bool wraps = __builtin_mul_overflow(count - 1, step, &last) || __builtin_add_overflow(last, start, &last);
      // A step of 0 would put several elements in one place.
      if (wraps || start < 0 || start >= large.dims[d] || last < 0 || last >= large.dims[d] || (step == 0 && count > 1))
        return fail_window(error, op, d, start, step, count, large.dims[d]);
      window->offset += start * stride;
      window->strides[d] = count > 1 ? step * stride : 0;
    }
    stride *= large.dims[d];
  }
  return HEBB_OK;
}

}  // namespace hebb
