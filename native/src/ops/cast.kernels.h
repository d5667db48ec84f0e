// cast, over the map() of the engine that includes this.
#pragma once

#include "cpu/anyDtype.h"
#include "cpu/check.h"
#include "math/convert.h"

namespace hebb {
namespace {

template <typename To>
struct Convert {
  template <typename From>
  HEBB_HD To operator()(From x) const {
    return math::convert<To>(x);
  }
};

}  // namespace

// x: any -> y: any. Float to integer truncates and saturates, NaN becomes 0; to bool is x != 0; the halves round to even.
int cast_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_operands(call, error, "cast", 1, 1, 0)) return status;
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  if (const int status = check_same_dims(error, "cast", "an output", x, y)) return status;
  with_any(x.dtype, [&](auto from) {
    with_any(y.dtype, [&](auto to) {
      using From = typename decltype(from)::type;
      using To = typename decltype(to)::type;
      map(data<To>(y), data<From>(x), elements(x), Convert<To>{});
    });
  });
  return HEBB_OK;
}

}  // namespace hebb
