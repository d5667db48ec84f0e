// A program of `fused` that a thread takes an element through, its registers in its local memory.
#pragma once

#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "ops/fusedDevice.cuda.h"
#include "ops/fusedFunctors.h"

namespace hebb {

template <typename T>
__device__ T fused_value(int op, T a, T b, T c, double immediate) {
  int number = 0;
#define HEBB_FUSED_1(Op) \
  if (op == number++) return Op{}(a);
#define HEBB_FUSED_I(Op) \
  if (op == number++) return Op{immediate}(a);
#define HEBB_FUSED_2(Op) \
  if (op == number++) return Op{}(a, b);
  HEBB_FUSED_LIST(HEBB_FUSED_1, HEBB_FUSED_I, HEBB_FUSED_2)
#undef HEBB_FUSED_1
#undef HEBB_FUSED_I
#undef HEBB_FUSED_2
  return a != 0 ? b : c;
}

template <typename T, typename Program>
__device__ T fused_input(const Program& p, int i, int64_t at) {
  const int64_t from = at / p.repeat[i] % p.period[i];
  switch (p.in_dtype[i]) {
    case HEBB_BOOL:
      return static_cast<T>(static_cast<const uint8_t*>(p.in[i])[from]);
    case HEBB_BFLOAT16:
      return static_cast<T>(static_cast<const BFloat16*>(p.in[i])[from]);
    case HEBB_FLOAT16:
      return static_cast<T>(static_cast<const Float16*>(p.in[i])[from]);
    default:
      return static_cast<const T*>(p.in[i])[from];
  }
}

template <typename T, typename Program>
__device__ void fused_output(const Program& p, int i, int64_t at, T y) {
  switch (p.out_dtype[i]) {
    case HEBB_BOOL:
      static_cast<uint8_t*>(p.out[i])[at] = y != 0;
      break;
    case HEBB_BFLOAT16:
      static_cast<BFloat16*>(p.out[i])[at] = static_cast<float>(y);
      break;
    case HEBB_FLOAT16:
      static_cast<Float16*>(p.out[i])[at] = static_cast<float>(y);
      break;
    default:
      static_cast<T*>(p.out[i])[at] = y;
  }
}

template <typename T, typename Program>
__device__ void run_elements(const Place& place, const Program& p) {
  for_elements(place, p.elements, [&](int64_t at) {
    T registers[Program::kRegisters] = {};
    for (int i = 0; i < p.inputs; ++i) registers[i] = fused_input<T>(p, i, at);
    for (int i = 0; i < p.steps; ++i) {
      const DeviceStep& s = p.code[i];
      registers[s.to] = fused_value(s.op, registers[s.from[0]], registers[s.from[1]], registers[s.from[2]], s.immediate);
    }
    for (int i = 0; i < p.outputs; ++i) fused_output(p, i, at, registers[p.out_from[i]]);
  });
}

// In a block with other small launches.
struct SmallProgram {
  ProgramOf<24, 12, 12, 24> p;

  __device__ void operator()(const Place& place) const { run_elements<float>(place, p); }
};

}  // namespace hebb
