// What every CPU kernel sees: its call, how to refuse it, and how to choose code by dtype.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>

#include "hebb/abi.h"

namespace hebb {

using Call = hebb_call;
using View = hebb_view;

// Fills `error` and returns `status`, so that a kernel can `return fail(...)`.
[[gnu::format(printf, 3, 4)]] inline int fail(hebb_error& error, int status, const char* format, ...) {
  error.status = status;
  va_list args;
  va_start(args, format);
  std::vsnprintf(error.message, sizeof error.message, format, args);
  va_end(args);
  return status;
}

inline int64_t elements(const View& view) {
  int64_t n = 1;
  for (int i = 0; i < view.rank; ++i) n *= view.dims[i];
  return n;
}

inline bool same_dims(const View& a, const View& b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; ++i)
    if (a.dims[i] != b.dims[i]) return false;
  return true;
}

template <typename T>
T* data(const View& view) {
  return static_cast<T*>(view.data);
}

using Kernel = int (*)(const Call& call, hebb_error& error);

#define HEBB_OP(name) int name##_kernel(const Call& call, hebb_error& error);
#include "hebb/ops.def"
#undef HEBB_OP

}  // namespace hebb
