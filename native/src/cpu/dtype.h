// The dtypes as C++ types, and choosing code by them.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hebb/abi.h"
#include "math/halves.h"

namespace hebb {

template <typename T>
constexpr bool kIsHalf = std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>;

// The type that arithmetic on elements of T is done in.
template <typename T>
using Wide = std::conditional_t<kIsHalf<T>, float, T>;

template <typename T>
HEBB_HD Wide<T> widened(T x) {
  return x;
}

struct Bool {
  uint8_t value;
};

inline int64_t dtype_bytes(int dtype) {
  switch (dtype) {
    case HEBB_FLOAT64:
    case HEBB_INT64:
      return 8;
    case HEBB_FLOAT32:
    case HEBB_INT32:
      return 4;
    case HEBB_BFLOAT16:
    case HEBB_FLOAT16:
      return 2;
    default:
      return 1;
  }
}

inline bool is_float(int dtype) { return dtype >= HEBB_FLOAT32 && dtype <= HEBB_FLOAT16; }

// The dtype of Wide<T>.
inline int wide_dtype(int dtype) { return dtype == HEBB_BFLOAT16 || dtype == HEBB_FLOAT16 ? HEBB_FLOAT32 : dtype; }

inline const char* dtype_name(int dtype) {
  static const char* const names[] = {"float32", "float64", "bfloat16", "float16", "int32", "int64", "uint8", "bool"};
  return dtype >= 0 && dtype < HEBB_DTYPE_COUNT ? names[dtype] : "unknown";
}

template <typename T>
struct Type {
  using type = T;
};

// Calls body(Type<T>{}) with float or double; false for any other dtype.
template <typename Body>
bool with_float(int dtype, const Body& body) {
  switch (dtype) {
    case HEBB_FLOAT32:
      body(Type<float>{});
      return true;
    case HEBB_FLOAT64:
      body(Type<double>{});
      return true;
    default:
      return false;
  }
}

// The same, or with a 16-bit float.
template <typename Body>
bool with_any_float(int dtype, const Body& body) {
  switch (dtype) {
    case HEBB_BFLOAT16:
      body(Type<BFloat16>{});
      return true;
    case HEBB_FLOAT16:
      body(Type<Float16>{});
      return true;
    default:
      return with_float(dtype, body);
  }
}

// Calls body(Type<T>{}) with a type that C++ arithmetic works on.
template <typename Body>
bool with_number(int dtype, const Body& body) {
  switch (dtype) {
    case HEBB_INT32:
      body(Type<int32_t>{});
      return true;
    case HEBB_INT64:
      body(Type<int64_t>{});
      return true;
    case HEBB_UINT8:
      body(Type<uint8_t>{});
      return true;
    default:
      return with_float(dtype, body);
  }
}

// The same, or with a 16-bit float.
template <typename Body>
bool with_any_number(int dtype, const Body& body) {
  return with_number(dtype, body) || with_any_float(dtype, body);
}

// Calls body(Type<T>{}) with an unsigned integer as wide as the dtype: for code that only moves data.
template <typename Body>
void with_width(int dtype, const Body& body) {
  switch (dtype_bytes(dtype)) {
    case 8:
      body(Type<uint64_t>{});
      break;
    case 4:
      body(Type<uint32_t>{});
      break;
    case 2:
      body(Type<uint16_t>{});
      break;
    default:
      body(Type<uint8_t>{});
  }
}

}  // namespace hebb
