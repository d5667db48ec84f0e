// The CUDA C++ of a program of `fused`: straight-line code over the functors of the ops.
#pragma once

#include <string>
#include <vector>

#include "ops/fusedDevice.cuda.h"

namespace hebb {

// The name of the kernel, and of the struct that is its argument.
constexpr const char* kFusedName = "hebb_fused";

// The same for all programs that differ only in how many elements there are and where they lie.
std::string fused_source(const DeviceProgram& program, int dtype);

// The kernel's argument: elements, inputs, outputs, then for each input that repeats its repeat and its period, 64 bits each.
std::vector<uint64_t> fused_argument(const DeviceProgram& program);

}  // namespace hebb
