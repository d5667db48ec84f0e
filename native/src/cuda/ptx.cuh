// The instructions of sm_80 that CUDA's language has no words for: the tensor cores' product, what brings its operands from shared memory,
// and copies to shared memory that threads do not wait for ("PTX ISA" 9.0, sections 9.7.14.5, 9.7.14.5.15 and 9.7.9.25.3).
#pragma once

#include <cstdint>

#include "cpu/dtype.h"

namespace hebb {

constexpr int kWarp = 32;

// Two numbers in a register, the first in its low half.
template <typename E>
__device__ __forceinline__ uint32_t pack_two(float low, float high) {
  uint32_t packed;
  if constexpr (std::is_same_v<E, BFloat16>)
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  else
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

// d += a b, of a warp: a [16, 16], b [16, 8], d [16, 8]. With g = lane / 4 and t = lane % 4 a thread has of d (g, 2t), (g, 2t + 1),
// (g + 8, 2t), (g + 8, 2t + 1); of a, in pairs along k, (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8); of b, in pairs along k,
// (2t, g), (2t + 8, g).
template <typename E>
__device__ __forceinline__ void multiply_add(float& d0, float& d1, float& d2, float& d3, const uint32_t (&a)[4], uint32_t b0,
                                             uint32_t b1) {
  if constexpr (std::is_same_v<E, BFloat16>)
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ uint32_t shared_address(const void* at) { return static_cast<uint32_t>(__cvta_generic_to_shared(at)); }

// Four 8 x 8 matrices of 16-bit numbers from shared memory: lane i names row i % 8 of matrix i / 8, 16 bytes at a multiple of 16, and
// gets of each matrix (lane / 4, 2 (lane % 4)) and its right neighbour.
__device__ __forceinline__ void load_matrices(uint32_t (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}
// The same of the transposed matrices.
__device__ __forceinline__ void load_transposed(uint32_t (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

// Copies 16 bytes to shared memory, both at a multiple of 16, or writes zeros; they are there for this thread after copies_arrive(), for
// others when it has met them after that.
__device__ __forceinline__ void copy_to_shared(void* to, const void* from, bool present) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(present ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void copies_arrive() { asm volatile("cp.async.wait_all;" ::: "memory"); }

// 2^x to two units in the last place; 0 for what would be denormal.
__device__ __forceinline__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

}  // namespace hebb
