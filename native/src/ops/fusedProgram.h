// A program of `fused`, checked.
#pragma once

#include "cpu/kernel.h"

namespace hebb {

constexpr int64_t kFusedRegisters = 96;
constexpr int64_t kFusedSteps = 144;
constexpr int64_t kFusedSums = 16;

struct FusedStep {
  int64_t op, to, from[3];
  double immediate;
};

// The sum of a register over the middle of [outer, length, inner], or its mean.
struct FusedSum {
  int64_t from;
  bool mean;
};

// A checked program. Registers are the inputs, the outputs of all elements, then temporaries; the sums are the last outputs.
struct FusedProgram {
  int64_t inputs, outputs, sums, registers, instructions, elements;
  int64_t repeat[kFusedRegisters], period[kFusedRegisters];  // input element of element i: i / repeat % period
  FusedStep code[kFusedSteps];
  int64_t outer, length, inner;  // of the sums
  FusedSum sum[kFusedSums];
  int dtype;  // of registers: float32 or float64
};

// Reads the program of a call, or refuses it.
int check_fused(const Call& call, hebb_error& error, FusedProgram& p);

}  // namespace hebb
