// The CUDA C++ of a program of `fused`: straight-line code over the functors of the ops.
#pragma once

#include <string>
#include <vector>

#include "ops/fusedDevice.cuda.h"

namespace hebb {

// The name of the kernel, and of the struct that is its argument.
constexpr const char* kFusedName = "hebb_fused";

// The same for all programs that differ only in how many elements there are, where they lie, and by how much inputs repeat, but
// for whether a pack (cuda/pack.cuh) takes part in one repetition alone. `dtype` is that of registers.
std::string fused_source(const DeviceProgram& program, int dtype);

// The kernel's argument: elements, packs, inputs, outputs, then for each input that repeats its repeat and its period, 64 bits
// each.
std::vector<uint64_t> fused_argument(const DeviceProgram& program);

// How many threads have something to do: one for each pack, or for each element where these are not taken in packs.
int64_t fused_threads(const DeviceProgram& program);

}  // namespace hebb
