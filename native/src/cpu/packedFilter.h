// Filters that packFilter laid out: behind a header that says for which kernel, so that another kernel leaves them alone.
#pragma once

#include <cstring>

#include "cpu/kernel.h"

namespace hebb {

struct PackedHeader {
  uint64_t layout;   // even: by Winograd's transform; odd: oneDNN's
  uint64_t bytes;    // of what follows
  uint64_t more[6];  // by Winograd: taps along a side
};
static_assert(sizeof(PackedHeader) == 64, "what follows is aligned for vectors");

inline bool has_room(const View& packed, const PackedHeader& header) {
  return static_cast<uint64_t>(elements(packed)) * sizeof(float) >= sizeof header + header.bytes;
}

inline char* behind_header(const View& packed) { return static_cast<char*>(packed.data) + sizeof(PackedHeader); }

// The filters behind a header that is the wanted one; null otherwise.
inline const char* packed_filters(const View* packed, const PackedHeader& wanted) {
  if (packed == nullptr || !has_room(*packed, wanted)) return nullptr;
  return std::memcmp(packed->data, &wanted, sizeof wanted) == 0 ? behind_header(*packed) : nullptr;
}

}  // namespace hebb
