#include "cpu/anyDtype.h"

#include <cstring>

#include "math/convert.h"

namespace hebb {

int encode_element(hebb_error& error, const char* op, const char* what, int dtype, double value, void* out) {
  bool exact = true;
  with_any(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T element = math::convert<T>(value);
    if constexpr (std::is_integral_v<T>) exact = value < 9223372036854775808.0 && static_cast<double>(element) == value;
    if constexpr (std::is_same_v<T, Bool>) exact = value == 0 || value == 1;
    std::memcpy(out, &element, sizeof element);
  });
  if (exact) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected %s to be a number that %s holds, received %.17g", op, what, dtype_name(dtype),
              value);
}

}  // namespace hebb
