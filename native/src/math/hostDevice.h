// Arithmetic that the CPU's loops and the CUDA kernels share is written once, as functions for both.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define HEBB_HD __host__ __device__ __forceinline__
#else
// Always inlined: a call in a loop stops its vectorisation.
#define HEBB_HD inline __attribute__((always_inline))
#endif

// Before a loop over arrays that are to stay in registers.
#if defined(__CUDACC__)
#define HEBB_UNROLL _Pragma("unroll")
#else
#define HEBB_UNROLL
#endif

// Before a template that calls what it is given: a host's lambda on the host, a kernel's on the device.
#if defined(__CUDACC__)
#define HEBB_CALLS_BODY _Pragma("nv_exec_check_disable")
#else
#define HEBB_CALLS_BODY
#endif

namespace hebb::math {

HEBB_HD uint32_t bits(float x) {
  uint32_t b;
  memcpy(&b, &x, sizeof b);
  return b;
}

HEBB_HD float from_bits(uint32_t b) {
  float x;
  memcpy(&x, &b, sizeof x);
  return x;
}

// The magnitude of one number with the sign of another, -0 and NaN included.
HEBB_HD float copysign(float magnitude, float sign) {
  return from_bits((bits(magnitude) & 0x7fffffffu) | (bits(sign) & 0x80000000u));
}

}  // namespace hebb::math
