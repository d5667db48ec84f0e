// The instructions of the engine's cuda/ptx.cuh, on the CPU: what a warp does together goes from thread to thread as PTX lays it out.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "cpu/dtype.h"

namespace hebb {

constexpr int kWarp = 32;

template <typename E>
uint32_t pack_two(float low, float high) {
  return static_cast<uint32_t>(E(low).bits) | static_cast<uint32_t>(E(high).bits) << 16;
}

// Number k % 2 of a register.
template <typename E>
float unpacked(uint32_t pair, int k) {
  E x;
  x.bits = static_cast<uint16_t>(k % 2 == 0 ? pair : pair >> 16);
  return widened(x);
}

template <typename E>
void multiply_add(float& d0, float& d1, float& d2, float& d3, const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  struct Operands {
    uint32_t a[4], b[2];
  };
  HEBB_SHARED(Operands, all, [1024]);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, g = lane / 4, t = lane % 4;
  Operands* warp = all + static_cast<int>(threadIdx.x) - lane;
  warp[lane] = {{a[0], a[1], a[2], a[3]}, {b0, b1}};
  emulated::meet_warp();
  const auto left = [&](int row, int k) { return unpacked<E>(warp[row % 8 * 4 + k % 8 / 2].a[row / 8 + k / 8 * 2], k); };
  const auto right = [&](int k, int column) { return unpacked<E>(warp[column * 4 + k % 8 / 2].b[k / 8], k); };
  float* sums[4] = {&d0, &d1, &d2, &d3};
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 16; ++k) *sums[i] += left(g + i / 2 * 8, k) * right(k, 2 * t + i % 2);
  emulated::meet_warp();
}

inline void check_sixteen(const void* address) {
  if (reinterpret_cast<uintptr_t>(address) % 16 == 0) return;
  std::fprintf(stderr, "emulated: 16 bytes at %p\n", address);
  std::abort();
}

// at(matrix, row, column) of what the lanes of the warp name.
template <typename Pick>
void load_of_warp(uint32_t (&to)[4], const void* row, const Pick& pick) {
  HEBB_SHARED(const uint16_t*, rows, [1024]);
  check_sixteen(row);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const uint16_t** warp = rows + static_cast<int>(threadIdx.x) - lane;
  warp[lane] = static_cast<const uint16_t*>(row);
  emulated::meet_warp();
  for (int matrix = 0; matrix < 4; ++matrix)
    to[matrix] = pick(warp + matrix * 8, lane / 4, lane % 4 * 2) |
                 static_cast<uint32_t>(pick(warp + matrix * 8, lane / 4, lane % 4 * 2 + 1)) << 16;
  emulated::meet_warp();
}
inline void load_matrices(uint32_t (&to)[4], const void* row) {
  load_of_warp(to, row, [](const uint16_t** rows, int r, int c) { return uint32_t{rows[r][c]}; });
}
inline void load_transposed(uint32_t (&to)[4], const void* row) {
  load_of_warp(to, row, [](const uint16_t** rows, int r, int c) { return uint32_t{rows[c][r]}; });
}

// As late as it may be: what does not wait for its copies finds what was there before.
struct LateCopy {
  char* to;
  const char* from;
  bool present;
};
inline std::vector<LateCopy>& late_copies() {
  HEBB_SHARED(std::vector<LateCopy>, copies, [1024]);
  return copies[threadIdx.x];
}
inline void copy_to_shared(void* to, const void* from, bool present) {
  check_sixteen(to);
  if (present) check_sixteen(from);
  late_copies().push_back({static_cast<char*>(to), static_cast<const char*>(from), present});
}
inline void copies_arrive() {
  for (const LateCopy& copy : late_copies()) {
    if (copy.present)
      std::memcpy(copy.to, copy.from, 16);
    else
      std::memset(copy.to, 0, 16);
  }
  late_copies().clear();
}

inline float exp2_fast(float x) { return std::exp2(x); }

}  // namespace hebb
