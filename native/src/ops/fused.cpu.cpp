// Elementwise ops one after another over a tile of each array while it is in the first-level cache.
#include "ops/fused.h"

#include <algorithm>
#include <climits>

#include "cpu/check.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

struct FusedScratch {};
constexpr int64_t kTile = 1024;            // elements of a register
constexpr int64_t kChunkElements = 16384;  // elements that one task takes at least
constexpr int64_t kMostRegisters = 96;
constexpr int64_t kMostInstructions = 128;
constexpr uint32_t kWords = 6;  // of an instruction

struct Instruction {
  int64_t op, to, from[3];
  double immediate;
};

// A checked program. Registers are the inputs, the outputs, then temporaries.
struct Program {
  int64_t inputs, outputs, registers, instructions, elements;
  int64_t repeat[kMostRegisters], period[kMostRegisters];  // input element of element i: i / repeat % period
  Instruction code[kMostInstructions];
  int dtype;
};

int read_instruction(const Call& call, hebb_error& error, uint32_t at, const Program& p, bool* written, Instruction& out) {
  const char* op = "fused";
  if (const int status = integer_attribute(call, error, op, "an instruction", at, 0, kFusedOps - 1, &out.op)) return status;
  if (const int status = integer_attribute(call, error, op, "a target", at + 1, p.inputs, p.registers - 1, &out.to))
    return status;
  for (int i = 0; i < 3; ++i) {
    if (const int status = integer_attribute(call, error, op, "an operand", at + 2 + i, 0, p.registers - 1, &out.from[i]))
      return status;
    if (i < kFusedInstructions<float>[out.op].operands && !written[out.from[i]])
      return fail(error, HEBB_BAD_RANGE, "fused: register %lld is read before it is written", (long long)out.from[i]);
  }
  written[out.to] = true;
  out.immediate = call.attributes[at + 5];
  return HEBB_OK;
}

int check_arrays(const Call& call, hebb_error& error, Program& p) {
  p.dtype = -1;
  for (uint32_t i = 0; i < call.n_inputs + call.n_outputs; ++i) {
    const View& view = i < call.n_outputs ? call.outputs[i] : call.inputs[i - call.n_outputs];
    if (view.dtype == HEBB_BOOL) continue;
    if (view.dtype != HEBB_FLOAT32 && view.dtype != HEBB_FLOAT64)
      return fail_dtype(error, "fused", "an array", "float32, float64 or bool", view.dtype);
    if (p.dtype < 0) p.dtype = view.dtype;
    if (const int status = check_dtype(error, "fused", "every array that is not bool", view, p.dtype)) return status;
  }
  if (p.dtype < 0) p.dtype = HEBB_FLOAT32;
  p.elements = elements(call.outputs[0]);
  for (uint32_t i = 1; i < call.n_outputs; ++i)
    if (elements(call.outputs[i]) != p.elements)
      return fail(error, HEBB_BAD_SHAPE, "fused: expected outputs of %lld elements, received shape %s", (long long)p.elements,
                  DimsText(call.outputs[i]).c_str());
  return HEBB_OK;
}

int read_repeats(const Call& call, hebb_error& error, Program& p) {
  for (int64_t i = 0; i < p.inputs; ++i) {
    const uint32_t at = static_cast<uint32_t>(2 + i);
    if (const int status = integer_attribute(call, error, "fused", "repeats", at, 1, INT64_C(1) << 52, &p.repeat[i]))
      return status;
    p.period[i] = elements(call.inputs[i]);
    if (p.period[i] == 0 && p.elements > 0)
      return fail(error, HEBB_BAD_SHAPE, "fused: expected an input with elements, received shape %s",
                  DimsText(call.inputs[i]).c_str());
  }
  return HEBB_OK;
}

int check(const Call& call, hebb_error& error, Program& p) {
  if (call.n_outputs < 1 || call.n_attributes < 2)
    return fail(error, HEBB_INTERNAL, "fused: expected an output and attributes, received %u and %u", call.n_outputs,
                call.n_attributes);
  if (const int status = check_views(call, error, "fused")) return status;
  p.inputs = call.n_inputs, p.outputs = call.n_outputs;
  int64_t temporaries = 0;
  const int64_t room = kMostRegisters - p.inputs - p.outputs;
  if (const int status = integer_attribute(call, error, "fused", "temporaries", 0, 0, room, &temporaries)) return status;
  if (const int status = integer_attribute(call, error, "fused", "instructions", 1, 0, kMostInstructions, &p.instructions))
    return status;
  p.registers = p.inputs + p.outputs + temporaries;
  if (call.n_attributes != 2 + p.inputs + p.instructions * kWords)
    return fail(error, HEBB_INTERNAL, "fused: %lld instructions do not make %u attributes", (long long)p.instructions,
                call.n_attributes);
  if (const int status = check_arrays(call, error, p)) return status;
  if (const int status = read_repeats(call, error, p)) return status;
  bool written[kMostRegisters] = {};
  std::fill_n(written, p.inputs, true);
  for (int64_t i = 0; i < p.instructions; ++i) {
    const uint32_t at = static_cast<uint32_t>(2 + p.inputs + i * kWords);
    if (const int status = read_instruction(call, error, at, p, written, p.code[i])) return status;
  }
  for (int64_t i = 0; i < p.outputs; ++i)
    if (!written[p.inputs + i]) return fail(error, HEBB_BAD_RANGE, "fused: output %lld is never written", (long long)i);
  return HEBB_OK;
}

// Elements of a tile: whole periods of the first input that repeats, so that what was spread for one tile serves the next.
int64_t tile_of(const Program& p) {
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
  Machine(const Program& p, const Call& call, T* memory) : p_(p), call_(call), memory_(memory) {
    std::fill_n(phase_, p.inputs, -1);
  }

  void run(int64_t at, int64_t n) {
    for (int64_t i = 0; i < p_.inputs; ++i) registers_[i] = bring(i, at, n);
    for (int64_t i = p_.inputs; i < p_.registers; ++i) registers_[i] = memory_ + i * kTile;
    for (int64_t i = 0; i < p_.outputs; ++i)
      if (call_.outputs[i].dtype != HEBB_BOOL) registers_[p_.inputs + i] = data<T>(call_.outputs[i]) + at;
    for (int64_t i = 0; i < p_.instructions; ++i) {
      const Instruction& c = p_.code[i];
      kFusedInstructions<T>[c.op].run(
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

  const Program& p_;
  const Call& call_;
  T* memory_;
  T* registers_[kMostRegisters];
  int64_t phase_[kMostRegisters], filled_[kMostRegisters];
};

template <typename T>
void execute(const Program& p, const Call& call) {
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
// input how often each element repeats, then for each instruction its number (ops/fused.h), the register that it writes, three
// that it reads and an immediate. Registers are the inputs, the outputs, then the temporaries. Element i of an input is its
// element i / repeats mod its size. An output may be an input of n elements that no later instruction reads.
int fused_kernel(const Call& call, hebb_error& error) {
  Program p;
  if (const int status = check(call, error, p)) return status;
  if (p.elements == 0) return HEBB_OK;
  with_float(p.dtype, [&](auto type) { execute<typename decltype(type)::type>(p, call); });
  return HEBB_OK;
}

}  // namespace hebb
