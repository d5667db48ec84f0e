// What compiled steps and recurrent layers call: fused and lstm.
#include <algorithm>

#include "cases.h"

namespace parity {
namespace {

// Instructions by number (ops/fusedFunctors.h): those of one operand, with an immediate, of two, and where.
constexpr int kUnary = 27, kImmediate = 31, kWhere = 51;

struct Instruction {
  int op, to, from[3];
  double immediate;
};

// A random program over numbers that it keeps small: every instruction is followed by one that squashes its result where it may
// be large, and tests, which jump, come last, on inputs alone.
Case fused(Random& r) {
  const int dtype = any_float(r);
  const int64_t period = r.integer(1, 40), repeat = r.integer(1, 30), outer = r.size(60), n = outer * period * repeat;
  Case c;
  std::vector<double> repeats;
  const auto add = [&](const Array& array, int64_t each) {
    c.inputs.push_back(array);
    repeats.push_back(static_cast<double>(each));
  };
  add(r.array({outer, period, repeat}, dtype), 1);
  add(r.array({period, 1}, dtype), repeat);
  add(r.array({}, dtype), std::max<int64_t>(n, 1));
  add(r.array({n}, HEBB_BOOL, 0, 1), 1);
  const int inputs = 4, outputs = 2, temporaries = 3, first = inputs + outputs;
  std::vector<Instruction> code;
  // relu, tanh, sigmoid, gelu, silu and clips of what is within [-3, 3] have slopes of at most about 1.
  const std::vector<int> gentle = {0, 1, 11, 13, 14, 15, 16, 17, 25};
  const int tanh = 11, add_op = 31;
  code.push_back({25, first, {0, 0, 0}, 0});
  for (int64_t left = r.integer(1, 10); left > 0; --left) {
    const int from = static_cast<int>(r.integer(0, 2));
    const bool binary = r.chance(0.5);
    const int op = binary ? static_cast<int>(r.integer(add_op, add_op + 2)) : r.pick<int>(gentle);
    code.push_back({op, first + 1, {first, binary ? from : 0, 0}, 0});
    code.push_back({tanh, first, {first + 1, 0, 0}, 0});
  }
  code.push_back({27 + static_cast<int>(r.integer(0, 3)), first, {first, 0, 0}, r.number(0, 0.5)});
  const int test = static_cast<int>(r.integer(37, 42));
  code.push_back({test, first + 2, {0, 1, 0}, 0});
  code.push_back({kWhere, inputs, {3, first, 1}, 0});
  code.push_back({25, inputs + 1, {first + 2, 0, 0}, 0});
  c.outputs = {{Array({n}, dtype), close_to(dtype, 2e-5, 1e-12), -1}, {Array({n}, HEBB_BOOL), {}, -1}};
  c.attributes = {static_cast<double>(temporaries), static_cast<double>(code.size())};
  c.attributes.insert(c.attributes.end(), repeats.begin(), repeats.end());
  for (const Instruction& i : code)
    for (const double word : {1.0 * i.op, 1.0 * i.to, 1.0 * i.from[0], 1.0 * i.from[1], 1.0 * i.from[2], i.immediate})
      c.attributes.push_back(word);
  return c;
}

// A product, its sum, and the mean of one of its factors or of what it makes of it, over the middle of [outer, length, inner].
Case fused_sums(Random& r) {
  const int dtype = any_float(r);
  const Dims form = r.chance(0.1)   ? Dims{1, 40000, 1}
                    : r.chance(0.3) ? Dims{1, r.integer(1, 300), r.integer(1, 300)}
                                    : Dims{r.integer(1, 60), r.integer(1, 300), r.chance(0.5) ? 1 : r.integer(1, 40)};
  Case c;
  c.inputs = {r.array(form, dtype), r.array({form[2]}, dtype)};
  const bool keep = r.chance(0.5);
  const int made = 2, registers = 3;
  const double length = static_cast<double>(form[1]);
  const Tolerance sum = dtype == HEBB_FLOAT32 ? Tolerance{2e-6, 2e-7 * length} : Tolerance{2e-6, 1e-15 * length};
  if (keep) c.outputs.push_back({Array(form, dtype), {}, -1});
  c.outputs.push_back({Array({form[0], form[2]}, dtype), sum, -1});
  c.outputs.push_back({Array({form[0], form[2]}, dtype), close_to(dtype, 1e-6, 1e-14), -1});
  c.attributes = {keep ? 0.0 : 1.0, 1, 1, 1, 33, 1.0 * made, 0, 1, 0, 0};
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
  const int dtype = any_float(r), op = static_cast<int>(r.integer(0, kWhere));
  const Dims dims = {r.integer(1, 700)};
  Case c;
  for (int i = 0; i < 3; ++i) c.inputs.push_back(r.array(dims, dtype, 0.1, 2));
  const bool immediate = op >= kUnary && op < kImmediate;
  c.outputs = {{Array(dims, dtype), close_to(dtype, 1e-5, 1e-13), -1}};
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
  if (wide(dtype) != dtype) tolerance.absolute = tolerance.relative;
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
