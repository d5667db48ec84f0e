// Asking for lines of memory before a loop comes to them: further ahead than the hardware looks, and for those that it writes,
// too.
#pragma once

#include <cstdint>

namespace hebb {

constexpr int64_t kAheadBytes = 4096;

// The lines that lie kAheadBytes past `count` elements from p on.
template <bool Write = false, typename T>
inline void ask_ahead(const T* p, int64_t count) {
  const char *from = reinterpret_cast<const char*>(p) + kAheadBytes, *end = from + count * static_cast<int64_t>(sizeof(T));
  for (; from < end; from += 64) __builtin_prefetch(from, Write);
}

}  // namespace hebb
