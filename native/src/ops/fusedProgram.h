// A program of `fused`, checked.
#pragma once

#include "cpu/kernel.h"

namespace hebb {

constexpr int64_t kFusedRegisters = 96;
constexpr int64_t kFusedSteps = 128;

struct FusedStep {
  int64_t op, to, from[3];
  double immediate;
};

// A checked program. Registers are the inputs, the outputs, then temporaries.
struct FusedProgram {
  int64_t inputs, outputs, registers, instructions, elements;
  int64_t repeat[kFusedRegisters], period[kFusedRegisters];  // input element of element i: i / repeat % period
  FusedStep code[kFusedSteps];
  int dtype;
};

// Reads the program of a call, or refuses it.
int check_fused(const Call& call, hebb_error& error, FusedProgram& p);

}  // namespace hebb
