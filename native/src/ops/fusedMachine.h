// Runs a program of `fused` over a tile of each array.
#pragma once

#include <algorithm>

#include "cpu/dtype.h"
#include "cpu/kernel.h"
#include "math/convert.h"
#include "ops/fused.h"
#include "ops/fusedProgram.h"

namespace hebb {

constexpr int64_t kTile = 1024;            // elements of a register
constexpr int64_t kSumTile = 4096;         // the same where sums follow, which want several rows at once
constexpr int64_t kChunkElements = 16384;  // elements that one task takes at least

// to[k] = from[(at + k) / repeat % period].
template <typename T, typename From>
void spread(const From* from, int64_t repeat, int64_t period, int64_t at, int64_t n, T* to) {
  int64_t index = at / repeat % period, done = at % repeat;
  for (int64_t k = 0; k < n;) {
    if (repeat == 1) {
      const int64_t run = std::min(period - index, n - k);
#pragma GCC ivdep
      for (int64_t i = 0; i < run; ++i) to[k + i] = math::convert<T>(from[index + i]);
      k += run, index = 0;
    } else {
      const int64_t run = std::min(repeat - done, n - k);
      std::fill_n(to + k, run, math::convert<T>(from[index]));
      k += run, done = 0, index = index + 1 == period ? 0 : index + 1;
    }
  }
}

// to[k] = from[k], rounded.
template <typename T, typename To>
void put(const T* from, int64_t n, To* to) {
#pragma GCC ivdep
  for (int64_t k = 0; k < n; ++k) to[k] = math::convert<To>(from[k]);
}

// Registers of T.
template <typename T>
class Machine {
 public:
  // `memory` has `tile` elements for each register.
  Machine(const FusedProgram& p, const Call& call, T* memory, int64_t tile) : p_(p), call_(call), memory_(memory), tile_(tile) {
    std::fill_n(phase_, p.inputs, -1);
  }

  // The program for the elements [at, at + n) of at most a tile.
  void run(int64_t at, int64_t n) {
    for (int64_t i = 0; i < p_.inputs; ++i) registers_[i] = bring(i, at, n);
    for (int64_t i = p_.inputs; i < p_.registers; ++i) registers_[i] = memory_ + i * tile_;
    for (int64_t i = 0; i < p_.outputs; ++i)
      if (is_register(call_.outputs[i])) registers_[p_.inputs + i] = data<T>(call_.outputs[i]) + at;
    for (int64_t i = 0; i < p_.instructions; ++i) {
      const FusedStep& c = p_.code[i];
      kFusedInstructions<T>[c.op](
          {registers_[c.to], registers_[c.from[0]], registers_[c.from[1]], registers_[c.from[2]], c.immediate, n});
    }
    for (int64_t i = 0; i < p_.outputs; ++i)
      if (!is_register(call_.outputs[i]))
        with_elements(call_.outputs[i], [&](auto* to) { put(registers_[p_.inputs + i], n, to + at); });
  }

  // A register as the last run left it.
  const T* reg(int64_t i) const { return registers_[i]; }

 private:
  // Whether a register may lie in the array itself.
  bool is_register(const View& view) const { return view.dtype == p_.dtype; }

  // Calls body with the elements of an array, as what they are.
  template <typename Body>
  static void with_elements(const View& view, const Body& body) {
    switch (view.dtype) {
      case HEBB_BOOL:
        return body(data<Bool>(view));
      case HEBB_BFLOAT16:
        return body(data<BFloat16>(view));
      case HEBB_FLOAT16:
        return body(data<Float16>(view));
      default:
        return body(data<T>(view));
    }
  }

  // Where input i's elements for [at, at + n) lie: in the array, or spread into the register's memory.
  T* bring(int64_t i, int64_t at, int64_t n) {
    const int64_t repeat = p_.repeat[i], period = p_.period[i];
    T* own = memory_ + i * tile_;
    const View& view = call_.inputs[i];
    if (is_register(view) && repeat == 1 && at % period + n <= period) return data<T>(view) + at % period;
    const int64_t phase = period == 1 ? 0 : at / repeat % period * repeat + at % repeat;
    if (phase_[i] != phase || filled_[i] < n)
      with_elements(view, [&](const auto* from) { spread(from, repeat, period, at, n, own); });
    phase_[i] = phase, filled_[i] = n;
    return own;
  }

  const FusedProgram& p_;
  const Call& call_;
  T* memory_;
  int64_t tile_;
  T* registers_[kFusedRegisters];
  int64_t phase_[kFusedRegisters], filled_[kFusedRegisters];
};

}  // namespace hebb
