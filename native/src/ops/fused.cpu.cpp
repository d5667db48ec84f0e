// Elementwise ops one after another over a tile of each array while it is in the first-level cache.
#include <algorithm>

#include "cpu/check.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "ops/fusedMachine.h"
#include "ops/fusedSums.h"

namespace hebb {
namespace {

struct FusedScratch {};

// Elements of a tile: whole periods of the first input that repeats, so that what was spread for one tile serves the next.
int64_t tile_of(const FusedProgram& p) {
  for (int64_t i = 0; i < p.inputs; ++i) {
    const int64_t period = p.period[i];
    if (period > 1 && period < p.elements && period <= kTile && p.repeat[i] <= kTile / period)
      return kTile / (period * p.repeat[i]) * period * p.repeat[i];
  }
  return kTile;
}

template <typename T>
void execute(const FusedProgram& p, const Call& call) {
  const int64_t tile = tile_of(p), chunk = (kChunkElements + tile - 1) / tile * tile;
  const int64_t tasks = (p.elements + chunk - 1) / chunk, slots = slots_for(tasks), own = p.registers * kTile;
  T* memory = thread_scratch<FusedScratch>().array<T>(own * slots);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    Machine<T> machine(p, call, memory + own * slot, kTile);
    const int64_t end = std::min((task + 1) * chunk, p.elements);
    for (int64_t at = task * chunk; at < end; at += tile) machine.run(at, std::min(tile, end - at));
  });
}

}  // namespace

// Inputs of float32, bfloat16 or float16, or all of float64, or bool; outputs likewise, all of n elements. Registers are float32
// or float64: 16 bits are widened when they are read and rounded when they are written, and what would lie in 16 bits between two
// ops is rounded by an instruction. Attributes: temporaries, instructions, for each input how often each element repeats, then
// for each instruction its number (ops/fusedFunctors.h), the register that it writes, three that it reads and an immediate.
// Registers are the inputs, the outputs, then the temporaries. Element i of an input is its element i / repeats mod its size. An
// output may be an input of n elements that no later instruction reads. Where attributes follow, the last outputs [outer, inner]
// are sums of registers, seen as [outer, length, inner], over the middle: outer, length, inner, then for each the register and
// whether it is a mean. Their bits are those of the ops sum and mean.
int fused_kernel(const Call& call, hebb_error& error) {
  FusedProgram p;
  if (const int status = check_fused(call, error, p)) return status;
  with_float(p.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (p.elements > 0 && p.sums == 0) execute<T>(p, call);
    if (p.sums > 0) execute_sums<T>(p, call);
  });
  return HEBB_OK;
}

}  // namespace hebb
