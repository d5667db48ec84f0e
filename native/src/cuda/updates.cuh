// One launch updates many parameters: a table of their arrays is the kernel's argument, and a block takes a part of one of them.
#pragma once

#include "cpu/kernel.h"
#include "cuda/launch.cuh"

namespace hebb {

// Elements of a block.
constexpr int64_t kUpdateChunk = 16 * kThreads;

template <int Arrays>
struct UpdateTable {
  struct Parameter {
    void* at[Arrays];
    int64_t n;
    unsigned first;  // block
  };
  // Kernels take 4 KiB of arguments.
  static constexpr int kMost = 3584 / sizeof(Parameter);

  int count = 0;
  unsigned blocks = 0;
  Parameter parameters[kMost];
};

// Launches tables of `count` parameters, the last one also if it is empty; fill(i, at) names the arrays of parameter i and returns
// its elements.
template <int Arrays, typename Fill, typename Launch>
void launch_updates(uint32_t count, const Fill& fill, const Launch& launch) {
  UpdateTable<Arrays> table;
  for (uint32_t i = 0; i < count; ++i) {
    if (table.count == table.kMost) {
      launch(table);
      table.count = 0;
      table.blocks = 0;
    }
    auto& parameter = table.parameters[table.count];
    parameter.n = fill(i, parameter.at);
    if (parameter.n == 0) continue;
    parameter.first = table.blocks;
    table.blocks = exact_grid(table.blocks + (parameter.n + kUpdateChunk - 1) / kUpdateChunk);
    ++table.count;
  }
  launch(table);
}

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Calls body(arrays, i) for this thread's elements.
template <int Arrays, typename Body>
__device__ __forceinline__ void for_updates(const UpdateTable<Arrays>& table, const Body& body) {
  if (blockIdx.x >= table.blocks) return;
  int which = 0;
  while (which + 1 < table.count && table.parameters[which + 1].first <= blockIdx.x) ++which;
  const auto& parameter = table.parameters[which];
  const int64_t begin = static_cast<int64_t>(blockIdx.x - parameter.first) * kUpdateChunk;
  const int64_t end = begin + kUpdateChunk < parameter.n ? begin + kUpdateChunk : parameter.n;
  for (int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) body(parameter.at, i);
}
#endif

}  // namespace hebb
