#include "ops/binary.h"

#include "cpu/broadcast.h"

namespace hebb {
namespace {

template <typename T>
bool has_zero(const View& view) {
  const T* x = data<T>(view);
  const int64_t n = elements(view);
  int zeros = 0;
  for (int64_t i = 0; i < n; ++i) zeros |= x[i] == 0 ? 1 : 0;
  return zeros != 0;
}

bool integer_zero(const View& view) {
  bool found = false;
  with_number(view.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (std::is_integral_v<T>) found = has_zero<T>(view);
  });
  return found;
}

// x^2 is worth knowing: it is most of the powers in use, and a multiplication instead of a call.
bool exponent_is_two(const View& b) {
  if (elements(b) != 1) return false;
  bool two = false;
  with_any_float(b.dtype, [&](auto type) { two = *data<typename decltype(type)::type>(b) == 2; });
  return two;
}

int refuse_integer_zero(hebb_error& error, const View& b) {
  if (!integer_zero(b)) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "mod: expected integer divisors other than 0, received a 0");
}

}  // namespace
}  // namespace hebb

#include "ops/binary.kernels.h"
