// What compiled steps and recurrent layers call: fused and lstm.
#include <algorithm>

#include "cases.h"

namespace parity {
namespace {

// Instructions by number (ops/fusedFunctors.h): those of one operand, with an immediate, of two, and where.
constexpr int kCopy = 25, kRound = 27, kUnary = 29, kImmediate = 33, kAdd = 33, kMul = 35, kWhere = 53;

struct Instruction {
  int op, to, from[3];
  double immediate;
};

bool is_half(int dtype) { return wide(dtype) != dtype; }

// The instruction that rounds to a dtype of 16 bits; of others the one that does nothing.
int rounding(int dtype) { return dtype == HEBB_BFLOAT16 ? kRound : dtype == HEBB_FLOAT16 ? kRound + 1 : kCopy; }

// An array that meets those of `dtype` in a program.
int beside(Random& r, int dtype) { return r.chance(0.8) ? dtype : wide(dtype); }

// A size of which packs of 16-bit numbers may go into a whole.
int64_t part(Random& r, int64_t most) { return r.chance(0.4) ? 8 * r.integer(1, most / 8) : r.integer(1, most); }

// Where one engine may round up what the other rounds down, and what follows works on it.
Tolerance several_roundings(int dtype, double f32, double f64) {
  Tolerance tolerance = close_to(dtype, f32, f64);
  if (is_half(dtype)) tolerance.absolute = 4 * tolerance.relative;
  return tolerance;
}

// A random program over numbers that it keeps small: every instruction is followed by one that squashes its result where it may
// be large, and tests, which jump, come last, on inputs alone.
Case fused(Random& r) {
  const int dtype = float_or_half(r);
  const int64_t period = part(r, 40), repeat = part(r, 30), outer = r.size(60), n = outer * period * repeat;
  Case c;
  std::vector<double> repeats;
  const auto add = [&](const Array& array, int64_t each) {
    c.inputs.push_back(array);
    repeats.push_back(static_cast<double>(each));
  };
  add(r.array({outer, period, repeat}, beside(r, dtype)), 1);
  const bool row = r.chance(0.5);
  add(r.array({row ? repeat : period, 1}, beside(r, dtype)), row ? 1 : repeat);
  add(r.array({}, beside(r, dtype)), std::max<int64_t>(n, 1));
  add(r.array({n}, HEBB_BOOL, 0, 1), 1);
  const int inputs = 4, outputs = 2, temporaries = 3, first = inputs + outputs;
  std::vector<Instruction> code;
  // relu, tanh, sigmoid, gelu, silu and clips of what is within [-3, 3] have slopes of at most about 1.
  const std::vector<int> gentle = {0, 1, 11, 13, 14, 15, 16, 17, 25};
  const int tanh = 11;
  const auto round = [&](int at) { code.push_back({rounding(dtype), at, {at, 0, 0}, 0}); };
  code.push_back({kCopy, first, {0, 0, 0}, 0});
  for (int64_t left = r.integer(1, 10); left > 0; --left) {
    const int from = static_cast<int>(r.integer(0, 2));
    const bool binary = r.chance(0.5);
    const int op = binary ? static_cast<int>(r.integer(kAdd, kAdd + 2)) : r.pick<int>(gentle);
    code.push_back({op, first + 1, {first, binary ? from : 0, 0}, 0});
    round(first + 1);
    code.push_back({tanh, first, {first + 1, 0, 0}, 0});
    round(first);
  }
  code.push_back({kUnary + static_cast<int>(r.integer(0, 3)), first, {first, 0, 0}, r.number(0, 0.5)});
  const int test = static_cast<int>(r.integer(39, 44));
  code.push_back({test, first + 2, {0, 1, 0}, 0});
  code.push_back({kWhere, inputs, {3, first, 1}, 0});
  code.push_back({kCopy, inputs + 1, {first + 2, 0, 0}, 0});
  c.outputs = {{Array({n}, beside(r, dtype)), several_roundings(dtype, 2e-5, 1e-12), -1}, {Array({n}, HEBB_BOOL), {}, -1}};
  c.skip = r.chance(0.2) ? r.integer(1, 8) : 0;
  c.attributes = {static_cast<double>(temporaries), static_cast<double>(code.size())};
  c.attributes.insert(c.attributes.end(), repeats.begin(), repeats.end());
  for (const Instruction& i : code)
    for (const double word : {1.0 * i.op, 1.0 * i.to, 1.0 * i.from[0], 1.0 * i.from[1], 1.0 * i.from[2], i.immediate})
      c.attributes.push_back(word);
  return c;
}

// A product, its sum, and the mean of one of its factors or of what it makes of it, over the middle of [outer, length, inner].
Case fused_sums(Random& r) {
  const int dtype = float_or_half(r);
  const Dims form = r.chance(0.1)   ? Dims{1, 40000, 1}
                    : r.chance(0.3) ? Dims{1, r.integer(1, 300), r.integer(1, 300)}
                                    : Dims{r.integer(1, 60), r.integer(1, 300), r.chance(0.5) ? 1 : r.integer(1, 40)};
  Case c;
  c.inputs = {r.array(form, dtype), r.array({form[2]}, dtype)};
  const bool keep = r.chance(0.5);
  const int made = 2, registers = 3;
  const double length = static_cast<double>(form[1]);
  Tolerance sum = close_to(dtype, 2e-6, 2e-6);
  sum.absolute = (dtype == HEBB_FLOAT64 ? 1e-15 : 2e-7) * length;
  if (keep) c.outputs.push_back({Array(form, dtype), {}, -1});
  c.outputs.push_back({Array({form[0], form[2]}, dtype), sum, -1});
  c.outputs.push_back({Array({form[0], form[2]}, dtype), close_to(dtype, 1e-6, 1e-14), -1});
  c.attributes = {keep ? 0.0 : 1.0,      2,          1,          1, kMul, 1.0 * made, 0, 1, 0, 0,
                  1.0 * rounding(dtype), 1.0 * made, 1.0 * made, 0, 0,    0};
  for (const int64_t d : form) c.attributes.push_back(static_cast<double>(d));
  for (const double word : {1.0 * made, 0.0, 1.0 * static_cast<double>(r.integer(0, 1) * (registers - 1)), 1.0})
    c.attributes.push_back(word);
  return c;
}

// A sum of a register that there is not.
Case fused_sums_bad(Random& r) {
  Case c = fused_sums(r);
  c.attributes[c.attributes.size() - 2] = 3;
  c.status = HEBB_BAD_RANGE;
  return c;
}

// Every instruction alone, on numbers where all of them are defined.
Case fused_each(Random& r) {
  const int dtype = float_or_half(r), op = static_cast<int>(r.integer(0, kWhere));
  const Dims dims = {r.integer(1, 700)};
  Case c;
  for (int i = 0; i < 3; ++i) c.inputs.push_back(r.array(dims, dtype, 0.1, 2));
  const bool immediate = op >= kUnary && op < kImmediate;
  c.outputs = {{Array(dims, dtype), close_to(dtype, 1e-5, 1e-13), r.chance(0.3) ? 0 : -1}};
  c.attributes = {0, 1, 1, 1, 1, 1.0 * op, 3, 0, 1, 2, immediate ? 0.7 : 0};
  return c;
}

// A register that was never written.
Case fused_unwritten(Random& r) {
  Case c = fused_each(r);
  c.attributes[7] = 3;
  c.status = HEBB_BAD_RANGE;
  return c;
}

struct Lstm {
  int dtype;
  int64_t rows, steps, units;
  Tolerance tolerance;
};

Lstm sizes(Random& r) {
  const int dtype = float_or_half(r);
  // What goes from step to step is rounded to 16 bits, and one engine may round up what the other rounds down.
  Tolerance tolerance = close_to(dtype, 5e-5, 1e-12);
  if (is_half(dtype)) tolerance.absolute = tolerance.relative;
  const int64_t rows = r.chance(0.2) ? r.integer(30, 70) : r.integer(1, 9);
  return {dtype, rows, r.integer(1, 6), r.pick<int64_t>({1, 3, 8, 17, 32, 40}), tolerance};
}

Case lstm(Random& r) {
  const Lstm s = sizes(r);
  const Dims gates = {s.rows, s.steps, 4 * s.units}, sequence = {s.rows, s.steps, s.units}, state = {s.rows, s.units};
  Case c;
  c.inputs = {r.array(gates, s.dtype), r.array({s.units, 4 * s.units}, s.dtype, -0.3, 0.3), r.array(state, s.dtype),
              r.array(state, s.dtype)};
  c.outputs = {{Array(sequence, s.dtype), s.tolerance, -1},
               {Array(sequence, s.dtype), s.tolerance, -1},
               {Array(gates, s.dtype), s.tolerance, r.chance(0.5) ? 0 : -1}};
  return c;
}

Case lstm_grad(Random& r) {
  const Lstm s = sizes(r);
  const Dims gates = {s.rows, s.steps, 4 * s.units}, sequence = {s.rows, s.steps, s.units}, state = {s.rows, s.units};
  Case c;
  c.inputs = {r.array(sequence, s.dtype), r.array({s.units, 4 * s.units}, s.dtype, -0.3, 0.3), r.array(gates, s.dtype, 0.1, 0.9),
              r.array(sequence, s.dtype), r.array(state, s.dtype)};
  if (r.chance(0.5)) {
    c.inputs.push_back(r.array(sequence, s.dtype));
    c.inputs.push_back(r.array(gates, s.dtype));
  }
  c.outputs = {{Array(gates, s.dtype), s.tolerance, r.chance(0.5) ? 2 : -1},
               {Array(state, s.dtype), s.tolerance, -1},
               {Array(state, s.dtype), s.tolerance, -1}};
  return c;
}

}  // namespace

void add_compiled(Makers& m) {
  m["fused"] = {fused, fused_each, fused_each, fused_unwritten, fused_sums, fused_sums, fused_sums_bad};
  m["lstm"] = {lstm};
  m["lstmGrad"] = {lstm_grad};
}

}  // namespace parity
