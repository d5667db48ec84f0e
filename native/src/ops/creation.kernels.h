// full and arange, over the fill() and map_places() of the engine that includes this.
#pragma once

#include "cpu/anyDtype.h"
#include "cpu/check.h"
#include "cpu/fill.h"
#include "math/hostDevice.h"
#include "math/wrap.h"

namespace hebb {
namespace {

// Integers in exact steps; floating point in float64, so that float32 rounds once and 16-bit floats round that.
template <typename T>
struct Range {
  double start, step;
  T first, stride;
  HEBB_HD Wide<T> operator()(int64_t i) const {
    if constexpr (std::is_integral_v<T>)
      return math::add(first, math::mul(static_cast<T>(i), stride));
    else
      return static_cast<Wide<T>>(start + static_cast<double>(i) * step);
  }
};

}  // namespace

// -> y: any, every element `value`.
int full_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "full", 1, 0, 1)) return status;
  const View& y = call.outputs[0];
  uint64_t element = 0;
  if (const int status = encode_element(error, "full", "the value", y.dtype, call.attributes[0], &element)) return status;
  fill(y.data, elements(y), y.dtype, &element);
  return HEBB_OK;
}

// -> y:T, y[i] = start + i * step. A whole number that leaves an integer dtype's range is refused.
int arange_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "arange", 1, 0, 2)) return status;
  const View& y = call.outputs[0];
  const double start = call.attributes[0], step = call.attributes[1];
  const int64_t n = elements(y);
  if (n == 0) return HEBB_OK;
  uint64_t unused = 0;
  const double last = start + static_cast<double>(n - 1) * step;
  const bool whole = y.dtype == HEBB_INT32 || y.dtype == HEBB_INT64 || y.dtype == HEBB_UINT8;
  if (whole) {
    if (const int status = encode_element(error, "arange", "the start", y.dtype, start, &unused)) return status;
    if (const int status = encode_element(error, "arange", "the last element", y.dtype, last, &unused)) return status;
    // A descending uint8 range has a step that only int64 holds; it wraps to the same elements.
    if (const int status = encode_element(error, "arange", "the step", HEBB_INT64, step, &unused)) return status;
  }
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    Range<T> range = {start, step, T(0), T(0)};
    if constexpr (std::is_integral_v<T>) {
      range.first = static_cast<T>(start);
      range.stride = static_cast<T>(static_cast<int64_t>(step));
    }
    map_places(data<T>(y), n, range);
  };
  return with_any_number(y.dtype, body) ? HEBB_OK : fail_dtype(error, "arange", "an output", "a numeric dtype", y.dtype);
}

}  // namespace hebb
