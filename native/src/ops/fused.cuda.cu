// fused: a kernel of its own by NVRTC (cuda/fusedSource.h), and where there is no NVRTC, a thread for each element that takes it
// through the program, its registers in its local memory. What is summed goes to memory and through the reduction of the op
// `sum`.
#include <algorithm>
#include <type_traits>

#include "cpu/check.h"
#include "cuda/memory.h"
#include "cuda/reduce.cuh"
#include "ops/fusedElements.cuda.h"

namespace hebb {
namespace {

constexpr int64_t kLine = 128;  // of memory, at which what is summed begins

template <typename T>
__global__ void fused_elements(const __grid_constant__ DeviceProgram p) {
  begin_kernel();
  run_elements<T>(here(), p);
}

DeviceProgram for_device(const FusedProgram& p, const Call& call) {
  DeviceProgram d = {};
  d.elements = p.elements;
  d.inputs = static_cast<int>(p.inputs), d.outputs = static_cast<int>(p.outputs), d.steps = static_cast<int>(p.instructions);
  for (int i = 0; i < d.inputs; ++i) {
    d.in[i] = call.inputs[i].data, d.in_dtype[i] = static_cast<uint8_t>(call.inputs[i].dtype);
    d.repeat[i] = p.repeat[i], d.period[i] = p.period[i];
  }
  for (int i = 0; i < d.outputs; ++i) {
    d.out[i] = call.outputs[i].data, d.out_dtype[i] = static_cast<uint8_t>(call.outputs[i].dtype);
    d.out_from[i] = static_cast<int16_t>(d.inputs + i);
  }
  for (int i = 0; i < d.steps; ++i) {
    const FusedStep& s = p.code[i];
    const auto narrow = [](int64_t x) { return static_cast<int16_t>(x); };
    d.code[i] = {s.immediate, narrow(s.op), narrow(s.to), {narrow(s.from[0]), narrow(s.from[1]), narrow(s.from[2])}};
  }
  return d;
}

// Where sum j, of this dtype, finds its register as an array: an output of the program, or `scratch`, which the program then
// writes too.
const void* summed_array(const FusedProgram& p, int64_t j, int dtype, char* scratch, DeviceProgram& d) {
  const int64_t from = p.sum[j].from;
  for (int i = 0; i < d.outputs; ++i)
    if (d.out_from[i] == from && d.out_dtype[i] == dtype) return d.out[i];
  d.out[d.outputs] = scratch, d.out_from[d.outputs] = static_cast<int16_t>(from);
  d.out_dtype[d.outputs] = static_cast<uint8_t>(dtype);
  return d.out[d.outputs++];
}

bool gather_small(const SmallProgram& small) {
  const auto& p = small.p;
  const size_t unused = sizeof p.code - static_cast<size_t>(p.steps) * sizeof p.code[0];
  return gather(Small::kProgram, &small, sizeof small - unused, SmallShape::of_elements(p.elements, p.inputs + p.steps));
}

// Puts a program into the block of small launches that is being gathered; false where none is, or where it is too large.
bool gather_program(const FusedProgram& p, const DeviceProgram& from) {
  SmallProgram small = {};
  auto& to = small.p;
  using To = std::decay_t<decltype(to)>;
  if (p.dtype != HEBB_FLOAT32 || p.registers > To::kRegisters || from.inputs > To::kInputs || from.outputs > To::kOutputs ||
      from.steps > To::kSteps)
    return false;
  to.elements = from.elements, to.inputs = from.inputs, to.outputs = from.outputs, to.steps = from.steps;
  std::copy_n(from.in, to.inputs, to.in), std::copy_n(from.in_dtype, to.inputs, to.in_dtype);
  std::copy_n(from.repeat, to.inputs, to.repeat), std::copy_n(from.period, to.inputs, to.period);
  std::copy_n(from.out, to.outputs, to.out), std::copy_n(from.out_dtype, to.outputs, to.out_dtype);
  std::copy_n(from.out_from, to.outputs, to.out_from);
  std::copy_n(from.code, to.steps, to.code);
  return gather_small(small);
}

template <typename T>
void run_program(const FusedProgram& p, const DeviceProgram& program) {
  if (gather_program(p, program) || run_compiled(program, p.dtype)) return;
  // The program is an argument, so that a recorded launch keeps it.
  HEBB_LAUNCH(fused_elements<T>, grid_for(p.elements), kThreads, program);
  check_launch("fused");
}

void run_sum(const FusedProgram& p, int64_t j, const void* summed, const View& y) {
  with_any_float(y.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(summed);
    if (p.sum[j].mean)
      reduce_all<SumOf<T>>(x, data<T>(y), p.outer, p.length, p.inner, Share<T>{static_cast<double>(p.length)});
    else
      reduce_all<SumOf<T>>(x, data<T>(y), p.outer, p.length, p.inner, As<T>{});
  });
}

}  // namespace

bool gather_step(int op, float* y, int64_t n, const float* a, const float* b, const int64_t (&periods)[2]) {
  SmallProgram small = {};
  auto& p = small.p;
  p.elements = n;
  p.inputs = kFusedOperands[op], p.outputs = p.steps = 1;
  const float* const operands[] = {a, b};
  for (int i = 0; i < p.inputs; ++i) {
    p.in[i] = operands[i], p.in_dtype[i] = HEBB_FLOAT32;
    p.repeat[i] = 1, p.period[i] = periods[i];
  }
  const auto to = static_cast<int16_t>(p.inputs);
  p.out[0] = y, p.out_dtype[0] = HEBB_FLOAT32, p.out_from[0] = to;
  p.code[0] = {0, static_cast<int16_t>(op), to, {0, 1, 0}};
  return gather_small(small);
}

int fused_kernel(const Call& call, hebb_error& error) {
  FusedProgram p;
  if (const int status = check_fused(call, error, p)) return status;
  DeviceProgram program = for_device(p, call);
  const int64_t bytes = (p.elements * dtype_bytes(p.dtype) + kLine - 1) / kLine * kLine;
  const Scratch scratch(static_cast<uint64_t>(p.sums * bytes));
  const View* const sums = call.outputs + p.outputs;
  const void* summed[kFusedSums] = {};
  for (int64_t j = 0; j < p.sums; ++j) summed[j] = summed_array(p, j, sums[j].dtype, scratch.as<char>() + j * bytes, program);
  if (p.elements > 0) with_float(p.dtype, [&](auto type) { run_program<typename decltype(type)::type>(p, program); });
  for (int64_t j = 0; j < p.sums; ++j) run_sum(p, j, summed[j], sums[j]);
  return HEBB_OK;
}

}  // namespace hebb
