// Choosing code for all eight dtypes, and attributes that stand for one element of any of them.
#pragma once

#include "cpu/dtype.h"
#include "cpu/kernel.h"

namespace hebb {

// Calls body(Type<T>{}) with the C++ type of any dtype.
template <typename Body>
void with_any(int dtype, const Body& body) {
  switch (dtype) {
    case HEBB_BFLOAT16:
      body(Type<BFloat16>{});
      break;
    case HEBB_FLOAT16:
      body(Type<Float16>{});
      break;
    case HEBB_BOOL:
      body(Type<Bool>{});
      break;
    default:
      with_number(dtype, body);
  }
}

// Writes `value` as one element of a dtype into `out` (8 bytes). Refuses what the dtype does not hold exactly, except that
// floating point rounds.
int encode_element(hebb_error& error, const char* op, const char* what, int dtype, double value, void* out);

}  // namespace hebb
