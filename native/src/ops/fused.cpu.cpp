// Elementwise ops one after another over a tile of each array while it is in the first-level cache.
#include "ops/fused.h"

#include <algorithm>

#include "cpu/check.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "ops/fusedProgram.h"

namespace hebb {
namespace {

struct FusedScratch {};
constexpr int64_t kTile = 1024;            // elements of a register
constexpr int64_t kChunkElements = 16384;  // elements that one task takes at least

// Elements of a tile: whole periods of the first input that repeats, so that what was spread for one tile serves the next.
int64_t tile_of(const FusedProgram& p) {
  for (int64_t i = 0; i < p.inputs; ++i) {
    const int64_t period = p.period[i];
    if (period > 1 && period < p.elements && period <= kTile && p.repeat[i] <= kTile / period)
      return kTile / (period * p.repeat[i]) * period * p.repeat[i];
  }
  return kTile;
}

// to[k] = from[(at + k) / repeat % period].
template <typename T, typename From>
void spread(const From* from, int64_t repeat, int64_t period, int64_t at, int64_t n, T* to) {
  int64_t index = at / repeat % period, done = at % repeat;
  for (int64_t k = 0; k < n;) {
    if (repeat == 1) {
      const int64_t run = std::min(period - index, n - k);
      for (int64_t i = 0; i < run; ++i) to[k + i] = static_cast<T>(from[index + i]);
      k += run, index = 0;
    } else {
      const int64_t run = std::min(repeat - done, n - k);
      std::fill_n(to + k, run, static_cast<T>(from[index]));
      k += run, done = 0, index = index + 1 == period ? 0 : index + 1;
    }
  }
}

template <typename T>
class Machine {
 public:
  Machine(const FusedProgram& p, const Call& call, T* memory) : p_(p), call_(call), memory_(memory) {
    std::fill_n(phase_, p.inputs, -1);
  }

  void run(int64_t at, int64_t n) {
    for (int64_t i = 0; i < p_.inputs; ++i) registers_[i] = bring(i, at, n);
    for (int64_t i = p_.inputs; i < p_.registers; ++i) registers_[i] = memory_ + i * kTile;
    for (int64_t i = 0; i < p_.outputs; ++i)
      if (call_.outputs[i].dtype != HEBB_BOOL) registers_[p_.inputs + i] = data<T>(call_.outputs[i]) + at;
    for (int64_t i = 0; i < p_.instructions; ++i) {
      const FusedStep& c = p_.code[i];
      kFusedInstructions<T>[c.op](
          {registers_[c.to], registers_[c.from[0]], registers_[c.from[1]], registers_[c.from[2]], c.immediate, n});
    }
    for (int64_t i = 0; i < p_.outputs; ++i)
      if (call_.outputs[i].dtype == HEBB_BOOL) {
        uint8_t* to = data<uint8_t>(call_.outputs[i]) + at;
        for (int64_t k = 0; k < n; ++k) to[k] = registers_[p_.inputs + i][k] != 0;
      }
  }

 private:
  // Where input i's elements for [at, at + n) lie: in the array, or spread into the register's memory.
  T* bring(int64_t i, int64_t at, int64_t n) {
    const int64_t repeat = p_.repeat[i], period = p_.period[i];
    T* own = memory_ + i * kTile;
    if (call_.inputs[i].dtype == HEBB_BOOL) {
      spread(data<uint8_t>(call_.inputs[i]), repeat, period, at, n, own);
      return own;
    }
    T* from = data<T>(call_.inputs[i]);
    if (repeat == 1 && at % period + n <= period) return from + at % period;
    const int64_t phase = period == 1 ? 0 : at / repeat % period * repeat + at % repeat;
    if (phase_[i] != phase || filled_[i] < n) spread(from, repeat, period, at, n, own);
    phase_[i] = phase, filled_[i] = n;
    return own;
  }

  const FusedProgram& p_;
  const Call& call_;
  T* memory_;
  T* registers_[kFusedRegisters];
  int64_t phase_[kFusedRegisters], filled_[kFusedRegisters];
};

template <typename T>
void execute(const FusedProgram& p, const Call& call) {
  const int64_t tile = tile_of(p), chunk = (kChunkElements + tile - 1) / tile * tile;
  const int64_t tasks = (p.elements + chunk - 1) / chunk, slots = slots_for(tasks), own = p.registers * kTile;
  T* memory = thread_scratch<FusedScratch>().array<T>(own * slots);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    Machine<T> machine(p, call, memory + own * slot);
    const int64_t end = std::min((task + 1) * chunk, p.elements);
    for (int64_t at = task * chunk; at < end; at += tile) machine.run(at, std::min(tile, end - at));
  });
}

}  // namespace

// Inputs of float32 or of float64, or bool; outputs likewise, all of n elements. Attributes: temporaries, instructions, for each
// input how often each element repeats, then for each instruction its number (ops/fusedFunctors.h), the register that it writes,
// three that it reads and an immediate. Registers are the inputs, the outputs, then the temporaries. Element i of an input is its
// element i / repeats mod its size. An output may be an input of n elements that no later instruction reads.
int fused_kernel(const Call& call, hebb_error& error) {
  FusedProgram p;
  if (const int status = check_fused(call, error, p)) return status;
  if (p.elements == 0) return HEBB_OK;
  with_float(p.dtype, [&](auto type) { execute<typename decltype(type)::type>(p, call); });
  return HEBB_OK;
}

}  // namespace hebb
