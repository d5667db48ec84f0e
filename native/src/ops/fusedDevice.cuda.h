// A program of `fused` as a kernel receives it.
#pragma once

#include "ops/fusedProgram.h"

namespace hebb {

constexpr int kFusedArrays = kFusedRegisters + kFusedSums;

struct DeviceStep {
  double immediate;
  int16_t op, to, from[3];
};

// The program and its arrays. What is summed is an output more, of all elements.
struct DeviceProgram {
  int64_t elements;
  int inputs, outputs, steps;
  uint8_t in_dtype[kFusedRegisters], out_dtype[kFusedArrays];
  const void* in[kFusedRegisters];
  void* out[kFusedArrays];
  int16_t out_from[kFusedArrays];  // the register that goes there after the last step
  int64_t repeat[kFusedRegisters], period[kFusedRegisters];
  DeviceStep code[kFusedSteps];
};

// Runs the program as a kernel of its own, compiled by NVRTC; `dtype` is that of registers. False, with nothing done, where there
// is none.
bool run_compiled(const DeviceProgram& program, int dtype);

}  // namespace hebb
