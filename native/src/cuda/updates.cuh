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

// The same of few elements, which all threads share, in a block with other small launches.
template <int Arrays>
struct SmallTable {
  struct Parameter {
    void* at[Arrays];
    int64_t first, end;  // elements
  };
  static constexpr int kMost = 8;

  int count;
  int64_t elements;
  Parameter parameters[kMost];
};

// Steps that an element takes as long as: its arrays come from memory one by one.
constexpr int64_t kUpdateTurns = 8;

// Gathers a table as tasks: `Task` has a SmallTable at its end. False where no block of small launches is being gathered, or where
// the table is too large for one.
template <typename Task, int Arrays>
bool gather_updates(Small what, Task task, const UpdateTable<Arrays>& table) {
  int64_t all = 0;
  for (int i = 0; i < table.count; ++i) all += table.parameters[i].n;
  for (int begin = 0; begin < table.count; begin += task.table.kMost) {
    SmallTable<Arrays>& small = task.table;
    small.count = table.count - begin < small.kMost ? table.count - begin : small.kMost;
    small.elements = 0;
    for (int i = 0; i < small.count; ++i) {
      const auto& from = table.parameters[begin + i];
      auto& to = small.parameters[i];
      for (int k = 0; k < Arrays; ++k) to.at[k] = from.at[k];
      to.first = small.elements;
      to.end = small.elements += from.n;
    }
    const size_t unused = static_cast<size_t>(small.kMost - small.count) * sizeof small.parameters[0];
    SmallShape shape = SmallShape::of_elements(all, kUpdateTurns);  // all or none
    shape.elements = small.elements;
    if (!gather(what, &task, sizeof task - unused, shape)) return false;
  }
  return table.count > 0;
}

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
template <int Arrays, typename Body>
__device__ __forceinline__ void for_updates(const Place& place, const SmallTable<Arrays>& table, const Body& body) {
  for_elements(place, table.elements, [&](int64_t i) {
    int which = 0;
    while (i >= table.parameters[which].end) ++which;
    body(table.parameters[which].at, i - table.parameters[which].first);
  });
}

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
