#include "ops/fusedProgram.h"

#include <algorithm>

#include "cpu/check.h"
#include "cpu/dtype.h"
#include "ops/fusedFunctors.h"

namespace hebb {
namespace {

constexpr uint32_t kWords = 6;     // of an instruction
constexpr uint32_t kSumWords = 2;  // of a sum
constexpr int64_t kMost = INT64_C(1) << 52;

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

// The dtypes of arrays that meet in registers of one.
const char* one_of(int dtype) { return dtype == HEBB_FLOAT64 ? "float64 or bool" : "float32, bfloat16, float16 or bool"; }

int check_arrays(const Call& call, hebb_error& error, FusedProgram& p) {
  p.dtype = -1;
  for (uint32_t i = 0; i < call.n_inputs + call.n_outputs; ++i) {
    const View& view = i < call.n_outputs ? call.outputs[i] : call.inputs[i - call.n_outputs];
    if (view.dtype == HEBB_BOOL) continue;
    if (!is_float(view.dtype)) return fail_dtype(error, "fused", "an array", "a floating-point dtype or bool", view.dtype);
    if (p.dtype < 0) p.dtype = wide_dtype(view.dtype);
    if (wide_dtype(view.dtype) != p.dtype) return fail_dtype(error, "fused", "all arrays", one_of(p.dtype), view.dtype);
  }
  if (p.dtype < 0) p.dtype = HEBB_FLOAT32;
  p.elements = p.sums > 0 ? p.outer * p.length * p.inner : elements(call.outputs[0]);
  for (int64_t i = 0; i < p.outputs; ++i)
    if (elements(call.outputs[i]) != p.elements)
      return fail(error, HEBB_BAD_SHAPE, "fused: expected outputs of %lld elements, received shape %s", (long long)p.elements,
                  DimsText(call.outputs[i]).c_str());
  return HEBB_OK;
}

int read_repeats(const Call& call, hebb_error& error, FusedProgram& p) {
  for (int64_t i = 0; i < p.inputs; ++i) {
    const uint32_t at = static_cast<uint32_t>(2 + i);
    if (const int status = integer_attribute(call, error, "fused", "repeats", at, 1, kMost, &p.repeat[i])) return status;
    p.period[i] = elements(call.inputs[i]);
    if (p.period[i] == 0 && p.elements > 0)
      return fail(error, HEBB_BAD_SHAPE, "fused: expected an input with elements, received shape %s",
                  DimsText(call.inputs[i]).c_str());
  }
  return HEBB_OK;
}

// The form of the sums and what each of them reads: the attributes from `at` on.
int read_sums(const Call& call, hebb_error& error, uint32_t at, FusedProgram& p) {
  int64_t* const form[] = {&p.outer, &p.length, &p.inner};
  int64_t all = 1;
  for (uint32_t i = 0; i < 3; ++i) {
    if (const int status = integer_attribute(call, error, "fused", "the form of sums", at + i, 0, kMost, form[i])) return status;
    if (__builtin_mul_overflow(all, *form[i], &all) || all > kMost)
      return fail(error, HEBB_BAD_RANGE, "fused: expected sums over at most 2^52 elements");
  }
  for (int64_t i = 0; i < p.sums; ++i) {
    const uint32_t word = at + 3 + static_cast<uint32_t>(i) * kSumWords;
    FusedSum& sum = p.sum[i];
    if (const int status = integer_attribute(call, error, "fused", "a summed register", word, 0, p.registers - 1, &sum.from))
      return status;
    if (const int status = flag_attribute(call, error, "fused", "mean", word + 1, &sum.mean)) return status;
    const View& y = call.outputs[p.outputs + i];
    if (y.dtype == HEBB_BOOL) return fail_dtype(error, "fused", "a sum", "a floating-point dtype", y.dtype);
    if (elements(y) != p.outer * p.inner)
      return fail(error, HEBB_BAD_SHAPE, "fused: expected sums of %lld elements, received shape %s",
                  (long long)(p.outer * p.inner), DimsText(y).c_str());
    if (sum.mean && p.length == 0 && p.outer * p.inner > 0)
      return fail(error, HEBB_BAD_RANGE, "fused: expected at least one element for a mean");
  }
  return HEBB_OK;
}

// How many registers, instructions and sums there are.
int read_counts(const Call& call, hebb_error& error, FusedProgram& p) {
  p.inputs = call.n_inputs;
  if (const int status = integer_attribute(call, error, "fused", "instructions", 1, 0, kFusedSteps, &p.instructions))
    return status;
  const int64_t more = static_cast<int64_t>(call.n_attributes) - (2 + p.inputs + p.instructions * kWords);
  p.sums = more == 0 ? 0 : (more - 3) / kSumWords;
  if (more != 0 && (p.sums < 1 || more != 3 + p.sums * kSumWords))
    return fail(error, HEBB_INTERNAL, "fused: %lld instructions do not make %u attributes", (long long)p.instructions,
                call.n_attributes);
  if (p.sums > kFusedSums || p.sums > call.n_outputs)
    return fail(error, HEBB_BAD_RANGE, "fused: expected at most %lld sums, and an output for each, received %lld",
                (long long)kFusedSums, (long long)p.sums);
  p.outputs = call.n_outputs - p.sums;
  int64_t temporaries = 0;
  const int64_t room = kFusedRegisters - p.inputs - p.outputs;
  if (const int status = integer_attribute(call, error, "fused", "temporaries", 0, 0, room, &temporaries)) return status;
  p.registers = p.inputs + p.outputs + temporaries;
  return HEBB_OK;
}

}  // namespace

int check_fused(const Call& call, hebb_error& error, FusedProgram& p) {
  if (call.n_outputs < 1 || call.n_attributes < 2)
    return fail(error, HEBB_INTERNAL, "fused: expected an output and attributes, received %u and %u", call.n_outputs,
                call.n_attributes);
  if (const int status = check_views(call, error, "fused")) return status;
  if (const int status = read_counts(call, error, p)) return status;
  const uint32_t code = 2 + call.n_inputs, sums = code + static_cast<uint32_t>(p.instructions) * kWords;
  if (p.sums > 0)
    if (const int status = read_sums(call, error, sums, p)) return status;
  if (const int status = check_arrays(call, error, p)) return status;
  if (const int status = read_repeats(call, error, p)) return status;
  bool written[kFusedRegisters] = {};
  std::fill_n(written, p.inputs, true);
  for (int64_t i = 0; i < p.instructions; ++i) {
    const uint32_t at = code + static_cast<uint32_t>(i) * kWords;
    if (const int status = read_instruction(call, error, at, p, written, p.code[i])) return status;
  }
  for (int64_t i = 0; i < p.outputs; ++i)
    if (!written[p.inputs + i]) return fail(error, HEBB_BAD_RANGE, "fused: output %lld is never written", (long long)i);
  for (int64_t i = 0; i < p.sums; ++i)
    if (!written[p.sum[i].from])
      return fail(error, HEBB_BAD_RANGE, "fused: register %lld is summed and never written", (long long)p.sum[i].from);
  return HEBB_OK;
}

}  // namespace hebb
