// Index operands: int32 or int64 (uint8 where an op allows it), every one checked before any is used.
#pragma once

#include <cstdint>

#include "cpu/check.h"

namespace hebb {

// Calls body(Type<K>{}) with the type of an index operand; false for a dtype that is none.
template <typename Body>
bool with_index(int dtype, const Body& body) {
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
      return false;
  }
}

// The refusal of an index, which check_indices and the report of a CUDA kernel's make alike.
inline int fail_index(hebb_error& error, const char* op, int64_t value, int64_t position, int64_t size) {
  return fail(error, HEBB_BAD_RANGE, "%s: expected indices within [0, %lld), received %lld at position %lld", op,
              static_cast<long long>(size), static_cast<long long>(value), static_cast<long long>(position));
}

// Refuses the first index outside [0, size), and dtypes that are no index.
inline int check_indices(hebb_error& error, const char* op, const View& indices, int64_t size) {
  int64_t bad = -1, value = 0;
  const int64_t n = elements(indices);
  const bool known = with_index(indices.dtype, [&](auto type) {
    using K = typename decltype(type)::type;
    const K* k = data<K>(indices);
    int outside = 0;
    for (int64_t i = 0; i < n; ++i)
      outside |= static_cast<uint64_t>(static_cast<int64_t>(k[i])) >= static_cast<uint64_t>(size) ? 1 : 0;
    for (int64_t i = 0; outside != 0 && bad < 0 && i < n; ++i) {
      value = static_cast<int64_t>(k[i]);
      if (value < 0 || value >= size) bad = i;
    }
  });
  if (!known) return fail_dtype(error, op, "indices", "int32 or int64", indices.dtype);
  if (bad < 0) return HEBB_OK;
  return fail_index(error, op, value, bad, size);
}

}  // namespace hebb
