// The random numbers of random.h, over the generate() and permute() of the engine that includes this.
#pragma once

#include <limits>

#include "cpu/check.h"
#include "ops/random.h"

namespace hebb {
namespace {

int check_random(const Call& call, hebb_error& error, const char* op, uint32_t attributes) {
  if (const int status = check_operands(call, error, op, 1, 1, attributes)) return status;
  const View& s = call.inputs[0];
  if (const int status = check_dtype(error, op, "a state", s, HEBB_INT64)) return status;
  if (s.rank != 1 || s.dims[0] != 2)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected a state of shape [2] (seed, counter), received %s", op, DimsText(s).c_str());
  for (uint32_t i = 0; i < attributes; ++i)
    if (!std::isfinite(call.attributes[i]))
      return fail(error, HEBB_BAD_RANGE, "%s: expected finite parameters, received %g", op, call.attributes[i]);
  return HEBB_OK;
}

int check_std(const Call& call, hebb_error& error, const char* op) {
  if (call.attributes[1] >= 0) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected a standard deviation of at least 0, received %g", op, call.attributes[1]);
}

}  // namespace

// s:int64[2] -> y:F in [low, high).
int randomUniform_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_random(call, error, "randomUniform", 2)) return status;
  const double low = call.attributes[0], high = call.attributes[1];
  const double largest =
      wide_dtype(call.outputs[0].dtype) == HEBB_FLOAT32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  if (!(high - low <= largest) || low < -largest || high > largest)
    return fail(error, HEBB_BAD_RANGE, "randomUniform: expected a range that its dtype holds, received %g to %g", low, high);
  if (low > high) return fail(error, HEBB_BAD_RANGE, "randomUniform: expected low <= high, received %g and %g", low, high);
  const View& y = call.outputs[0];
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    generate<T>(y, call.inputs[0], Uniform<Wide<T>>(low, high));
  };
  return with_any_float(y.dtype, body) ? HEBB_OK
                                       : fail_dtype(error, "randomUniform", "an output", "a floating-point dtype", y.dtype);
}

// s:int64[2] -> y:F of this mean and standard deviation.
int randomNormal_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_random(call, error, "randomNormal", 2)) return status;
  if (const int status = check_std(call, error, "randomNormal")) return status;
  const View& y = call.outputs[0];
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    generate<T>(y, call.inputs[0], Normal<Wide<T>>(call.attributes[0], call.attributes[1]));
  };
  return with_any_float(y.dtype, body) ? HEBB_OK
                                       : fail_dtype(error, "randomNormal", "an output", "a floating-point dtype", y.dtype);
}

// s:int64[2] -> y:F, a normal distribution cut at two standard deviations from its mean.
int randomTruncatedNormal_kernel(const Call& call, hebb_error& error) {
  constexpr const char* op = "randomTruncatedNormal";
  if (const int status = check_random(call, error, op, 2)) return status;
  if (const int status = check_std(call, error, op)) return status;
  const View& y = call.outputs[0];
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    generate<T>(y, call.inputs[0], TruncatedNormal<Wide<T>>(call.attributes[0], call.attributes[1]));
  };
  return with_any_float(y.dtype, body) ? HEBB_OK : fail_dtype(error, op, "an output", "a floating-point dtype", y.dtype);
}

// s:int64[2] -> y:int32[n], the numbers 0 to n-1 in random order (Fisher and Yates). Step i swaps y[i] with
// y[i + floor(word_i (n - i) / 2^32)], where word_i is word i mod 4 of block i / 4.
int randomPermutation_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_random(call, error, "randomPermutation", 0)) return status;
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "randomPermutation", "an output", y, HEBB_INT32)) return status;
  if (y.rank != 1 || y.dims[0] > std::numeric_limits<int32_t>::max())
    return fail(error, HEBB_BAD_SHAPE, "randomPermutation: expected an output of shape [n], n below 2^31, received %s",
                DimsText(y).c_str());
  return permute(data<int32_t>(y), y.dims[0], call.inputs[0], error);
}

}  // namespace hebb
