// `fused` with sums: tiles follow the order in which cpu/reduce.h combines elements, and so sums have the bits of the op `sum`.
#pragma once

#include <algorithm>

#include "cpu/reduce.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "ops/fusedMachine.h"
#include "ops/reduce.h"

namespace hebb {

template <typename T>
using FusedTotal = SumOf<T>;
static_assert(kSumTile % (kTurns * kLanes<float>) == 0 && kSumTile % (kTurns * kLanes<double>) == 0,
              "a run comes in whole blocks");
static_assert(kSumTile >= kColumns && kRunChunk % kSumTile == 0, "a tile holds a wide row");

// Memory of a program while it runs, one piece for each slot: registers, then totals.
template <typename T>
class FusedMemory {
 public:
  FusedMemory(const FusedProgram& p, int64_t totals, int64_t slots)
      : registers_(p.registers * kSumTile / static_cast<int64_t>(sizeof(double) / sizeof(T))), totals_(totals) {
    memory_ = thread_scratch<FusedMemory>().template array<double>((registers_ + totals_) * slots);
  }
  T* registers(int64_t slot) const { return reinterpret_cast<T*>(totals(slot) + totals_); }
  double* totals(int64_t slot) const { return memory_ + (registers_ + totals_) * slot; }

 private:
  int64_t registers_, totals_;  // of one slot, in doubles
  double* memory_;
};

struct FusedParts {};

// Finishes the totals of sum j: parts[share * n + i] for every i of n.
inline void finish_sum(const FusedProgram& p, const Call& call, int64_t j, const double* parts, int64_t shares) {
  const int64_t n = p.outer * p.inner;
  const double count = static_cast<double>(p.length);
  const View& view = call.outputs[p.outputs + j];
  with_any_float(view.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* y = data<T>(view);
    parallel_for(n, kSerialBytes / (8 * shares) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double total = 0;
        for (int64_t share = 0; share < shares; ++share) total += parts[share * n + i];
        y[i] = p.sum[j].mean ? Share<T>{count}(total) : As<T>{}(total);
      }
    });
  });
}

// Over rows of one element next to the other: each task has several, or a part of one.
template <typename T>
void execute_runs(const FusedProgram& p, const Call& call) {
  const int64_t chunks = (p.length + kRunChunk - 1) / kRunChunk, n = p.outer;
  const int64_t together = chunks > 1 ? 1 : std::max<int64_t>(1, kChunkElements / p.length);
  const int64_t tasks = chunks > 1 ? n * chunks : (n + together - 1) / together, slots = slots_for(tasks);
  const FusedMemory<T> memory(p, 0, slots);
  double* parts = thread_scratch<FusedParts>().array<double>(n * chunks * p.sums);
  const auto part = [&](int64_t j, int64_t chunk, int64_t o) -> double& { return parts[(j * chunks + chunk) * n + o]; };
  const auto run_chunk = [&](Machine<T>& machine, int64_t o, int64_t chunk) {
    const int64_t first = chunk * kRunChunk, last = std::min(first + kRunChunk, p.length);
    for (int64_t j = 0; j < p.sums; ++j) part(j, chunk, o) = 0;
    for (int64_t at = first; at < last; at += kSumTile) {
      const int64_t length = std::min(kSumTile, last - at);
      machine.run(o * p.length + at, length);
      for (int64_t j = 0; j < p.sums; ++j)
        part(j, chunk, o) = reduce_run<FusedTotal<T>>(machine.reg(p.sum[j].from), length, part(j, chunk, o));
    }
  };
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    Machine<T> machine(p, call, memory.registers(slot), kSumTile);
    if (chunks > 1) return run_chunk(machine, task / chunks, task % chunks);
    const int64_t end = std::min((task + 1) * together, n), rows = kSumTile / p.length;
    for (int64_t o = task * together; o < end; o += std::max<int64_t>(rows, 1)) {
      if (rows < 2) {
        run_chunk(machine, o, 0);
        continue;
      }
      const int64_t here = std::min(rows, end - o);
      machine.run(o * p.length, here * p.length);
      for (int64_t j = 0; j < p.sums; ++j)
        for (int64_t r = 0; r < here; ++r)
          part(j, 0, o + r) = reduce_run<FusedTotal<T>>(machine.reg(p.sum[j].from) + r * p.length, p.length);
    }
  });
  for (int64_t j = 0; j < p.sums; ++j) finish_sum(p, call, j, parts + j * chunks * n, chunks);
}

// total[j][i] for the columns of `rows` rows from element `at` on.
template <typename T>
void run_columns(const FusedProgram& p, Machine<T>& machine, int64_t at, int64_t rows, int64_t stride, int64_t columns,
                 double* block, double* total) {
  using Sums = Columns<FusedTotal<T>>;
  Sums sums[kFusedSums];
  for (int64_t j = 0; j < p.sums; ++j) sums[j] = Sums(columns, block + j * kSumTile, total + j * kSumTile);
  const int64_t fit = stride == columns ? kSumTile / columns : 1, together = fit < 4 ? fit : fit / 4 * 4;
  for (int64_t r = 0; r < rows; r += together) {
    const int64_t here = std::min(together, rows - r);
    machine.run(at + r * stride, here * columns);
    for (int64_t j = 0; j < p.sums; ++j) sums[j].add(machine.reg(p.sum[j].from), here, columns);
  }
  for (int64_t j = 0; j < p.sums; ++j) sums[j].close();
}

// Over columns: each task has a share of the rows, and at most kSumTile columns.
template <typename T>
void execute_columns(const FusedProgram& p, const Call& call) {
  const RowShares plan(p.outer, p.length, p.inner);
  const int64_t n = p.outer * p.inner, groups = (p.inner + kSumTile - 1) / kSumTile;
  const int64_t width = std::min(kSumTile, (p.inner / groups + 16) / 16 * 16), all = (p.inner + width - 1) / width;
  const int64_t tasks = p.outer * all * plan.shares, slots = p.elements > kChunkElements ? slots_for(tasks) : 1;
  const int64_t totals = p.sums * kSumTile;
  const FusedMemory<T> memory(p, 3 * totals, slots);
  double* parts = thread_scratch<FusedParts>().array<double>(n * plan.shares * p.sums);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    Machine<T> machine(p, call, memory.registers(slot), kSumTile);
    double *block = memory.totals(slot), *total = block + totals, *wide = total + totals;
    const int64_t share = task % plan.shares, o = task / plan.shares / all, column = task / plan.shares % all * width;
    const int64_t first = share * plan.rows, rows = std::min(plan.rows, p.length - first);
    const int64_t columns = std::min(width, p.inner - column), at = (o * p.length + first) * p.inner + column;
    const int64_t fold = plan.tiles == 1 ? rows_side_by_side(rows, columns) : 1, whole = fold == 1 ? 0 : rows / fold * fold;
    if (whole > 0) run_columns(p, machine, at, whole / fold, fold * columns, fold * columns, block, wide);
    run_columns(p, machine, at + whole * p.inner, rows - whole, p.inner, columns, block, total);
    for (int64_t j = 0; j < p.sums; ++j) {
      if (whole > 0) unfold<FusedTotal<T>>(wide + j * kSumTile, fold, columns, total + j * kSumTile);
      std::copy_n(total + j * kSumTile, columns, parts + (j * plan.shares + share) * n + o * p.inner + column);
    }
  });
  for (int64_t j = 0; j < p.sums; ++j) finish_sum(p, call, j, parts + j * plan.shares * n, plan.shares);
}

template <typename T>
void execute_sums(const FusedProgram& p, const Call& call) {
  if (p.elements > 0) return p.inner == 1 ? execute_runs<T>(p, call) : execute_columns<T>(p, call);
  for (int64_t j = 0; j < p.sums; ++j) {
    const View& y = call.outputs[p.outputs + j];
    std::fill_n(data<char>(y), elements(y) * dtype_bytes(y.dtype), '\0');
  }
}

}  // namespace hebb
