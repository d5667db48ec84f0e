// A program of `fused` as a kernel receives it.
#pragma once

#include <type_traits>

#include "ops/fusedFunctors.h"
#include "ops/fusedProgram.h"

namespace hebb {

constexpr int kFusedArrays = kFusedRegisters + kFusedSums;

struct DeviceStep {
  double immediate;
  int16_t op, to, from[3];
};

// The program and its arrays. What is summed is an output more, of all elements.
template <int64_t Registers, int64_t Inputs, int64_t Outputs, int64_t Steps>
struct ProgramOf {
  static constexpr int64_t kRegisters = Registers, kInputs = Inputs, kOutputs = Outputs, kSteps = Steps;
  int64_t elements;
  int inputs, outputs, steps;
  uint8_t in_dtype[Inputs], out_dtype[Outputs];
  const void* in[Inputs];
  void* out[Outputs];
  int16_t out_from[Outputs];  // the register that goes there after the last step
  int64_t repeat[Inputs], period[Inputs];
  DeviceStep code[Steps];
};
using DeviceProgram = ProgramOf<kFusedRegisters, kFusedRegisters, kFusedArrays, kFusedSteps>;

// Puts one instruction over n float32 into the block of small launches that is being gathered: y[i] = op(a[i % periods[0]],
// b[i % periods[1]]). False where none is, or where that is too large.
bool gather_step(int op, float* y, int64_t n, const float* a, const float* b, const int64_t (&periods)[2]);

// The number of an instruction without an immediate, by the functor of its op; -1 where there is none.
template <typename Op>
constexpr int step_of() {
  int number = 0, found = -1;
#define HEBB_FUSED_STEP(Step)                   \
  if (std::is_same_v<Op, Step>) found = number; \
  ++number;
#define HEBB_FUSED_SKIP(Step) ++number;
  HEBB_FUSED_LIST(HEBB_FUSED_STEP, HEBB_FUSED_SKIP, HEBB_FUSED_STEP)
#undef HEBB_FUSED_STEP
#undef HEBB_FUSED_SKIP
  return found;
}

// Runs the program as a kernel of its own, compiled by NVRTC; `dtype` is that of registers. False, with nothing done, where there
// is none.
bool run_compiled(const DeviceProgram& program, int dtype);

}  // namespace hebb
