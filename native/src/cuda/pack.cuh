// Several neighbouring elements that a thread reads or writes by one access of up to 16 bytes.
#pragma once

#include <cstdint>

#include "math/hostDevice.h"

namespace hebb {

template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
  T at[N];
};

// How many elements of the widest of these types 16 bytes hold.
template <typename... T>
HEBB_HD constexpr int pack_size() {
  size_t widest = 1;
  ((widest = sizeof(T) > widest ? sizeof(T) : widest), ...);
  return static_cast<int>(16 / widest);
}

template <int N, typename T>
HEBB_HD bool starts_pack(const T* x) {
  return reinterpret_cast<uintptr_t>(x) % (sizeof(T) * N) == 0;
}

template <int N, typename T>
HEBB_HD Pack<T, N> read_pack(const T* x, int64_t i) {
  return reinterpret_cast<const Pack<T, N>*>(x)[i];
}

template <int N, typename T>
HEBB_HD void write_pack(T* y, int64_t i, const Pack<T, N>& pack) {
  reinterpret_cast<Pack<T, N>*>(y)[i] = pack;
}

}  // namespace hebb
