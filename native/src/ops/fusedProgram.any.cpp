#include "ops/fusedProgram.h"

#include <algorithm>

#include "cpu/check.h"
#include "ops/fusedFunctors.h"

namespace hebb {
namespace {

constexpr uint32_t kWords = 6;  // of an instruction

int read_instruction(const Call& call, hebb_error& error, uint32_t at, const FusedProgram& p, bool* written, FusedStep& out) {
  const char* op = "fused";
  if (const int status = integer_attribute(call, error, op, "an instruction", at, 0, kFusedOps - 1, &out.op)) return status;
  if (const int status = integer_attribute(call, error, op, "a target", at + 1, p.inputs, p.registers - 1, &out.to))
    return status;
  for (int i = 0; i < 3; ++i) {
    if (const int status = integer_attribute(call, error, op, "an operand", at + 2 + i, 0, p.registers - 1, &out.from[i]))
      return status;
    if (i < kFusedOperands[out.op] && !written[out.from[i]])
      return fail(error, HEBB_BAD_RANGE, "fused: register %lld is read before it is written", (long long)out.from[i]);
  }
  written[out.to] = true;
  out.immediate = call.attributes[at + 5];
  return HEBB_OK;
}

int check_arrays(const Call& call, hebb_error& error, FusedProgram& p) {
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

int read_repeats(const Call& call, hebb_error& error, FusedProgram& p) {
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

}  // namespace

int check_fused(const Call& call, hebb_error& error, FusedProgram& p) {
  if (call.n_outputs < 1 || call.n_attributes < 2)
    return fail(error, HEBB_INTERNAL, "fused: expected an output and attributes, received %u and %u", call.n_outputs,
                call.n_attributes);
  if (const int status = check_views(call, error, "fused")) return status;
  p.inputs = call.n_inputs, p.outputs = call.n_outputs;
  int64_t temporaries = 0;
  const int64_t room = kFusedRegisters - p.inputs - p.outputs;
  if (const int status = integer_attribute(call, error, "fused", "temporaries", 0, 0, room, &temporaries)) return status;
  if (const int status = integer_attribute(call, error, "fused", "instructions", 1, 0, kFusedSteps, &p.instructions))
    return status;
  p.registers = p.inputs + p.outputs + temporaries;
  if (call.n_attributes != 2 + p.inputs + p.instructions * kWords)
    return fail(error, HEBB_INTERNAL, "fused: %lld instructions do not make %u attributes", (long long)p.instructions,
                call.n_attributes);
  if (const int status = check_arrays(call, error, p)) return status;
  if (const int status = read_repeats(call, error, p)) return status;
  bool written[kFusedRegisters] = {};
  std::fill_n(written, p.inputs, true);
  for (int64_t i = 0; i < p.instructions; ++i) {
    const uint32_t at = static_cast<uint32_t>(2 + p.inputs + i * kWords);
    if (const int status = read_instruction(call, error, at, p, written, p.code[i])) return status;
  }
  for (int64_t i = 0; i < p.outputs; ++i)
    if (!written[p.inputs + i]) return fail(error, HEBB_BAD_RANGE, "fused: output %lld is never written", (long long)i);
  return HEBB_OK;
}

}  // namespace hebb
