// fused: a kernel of its own by NVRTC (cuda/fusedSource.h), and where there is no NVRTC, a thread for each element that takes it
// through the program, its registers in its local memory. What is summed goes to memory and through the reduction of the op
// `sum`.
#include "cpu/check.h"
#include "cpu/dtype.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "cuda/reduce.cuh"
#include "ops/fusedDevice.cuda.h"
#include "ops/fusedFunctors.h"
#include "ops/reduce.h"

namespace hebb {
namespace {

constexpr int64_t kLine = 128;  // of memory, at which what is summed begins

template <typename T>
__device__ T fused_value(int op, T a, T b, T c, double immediate) {
  int number = 0;
#define HEBB_FUSED_1(Op) \
  if (op == number++) return Op{}(a);
#define HEBB_FUSED_I(Op) \
  if (op == number++) return Op{immediate}(a);
#define HEBB_FUSED_2(Op) \
  if (op == number++) return Op{}(a, b);
  HEBB_FUSED_LIST(HEBB_FUSED_1, HEBB_FUSED_I, HEBB_FUSED_2)
#undef HEBB_FUSED_1
#undef HEBB_FUSED_I
#undef HEBB_FUSED_2
  return a != 0 ? b : c;
}

template <typename T>
__device__ T fused_input(const DeviceProgram& p, int i, int64_t at) {
  const int64_t from = at / p.repeat[i] % p.period[i];
  switch (p.in_dtype[i]) {
    case HEBB_BOOL:
      return static_cast<T>(static_cast<const uint8_t*>(p.in[i])[from]);
    case HEBB_BFLOAT16:
      return static_cast<T>(static_cast<const BFloat16*>(p.in[i])[from]);
    case HEBB_FLOAT16:
      return static_cast<T>(static_cast<const Float16*>(p.in[i])[from]);
    default:
      return static_cast<const T*>(p.in[i])[from];
  }
}

template <typename T>
__device__ void fused_output(const DeviceProgram& p, int i, int64_t at, T y) {
  switch (p.out_dtype[i]) {
    case HEBB_BOOL:
      static_cast<uint8_t*>(p.out[i])[at] = y != 0;
      break;
    case HEBB_BFLOAT16:
      static_cast<BFloat16*>(p.out[i])[at] = static_cast<float>(y);
      break;
    case HEBB_FLOAT16:
      static_cast<Float16*>(p.out[i])[at] = static_cast<float>(y);
      break;
    default:
      static_cast<T*>(p.out[i])[at] = y;
  }
}

template <typename T>
__global__ void fused_elements(const __grid_constant__ DeviceProgram p) {
  for_elements(p.elements, [&](int64_t at) {
    T registers[kFusedRegisters] = {};
    for (int i = 0; i < p.inputs; ++i) registers[i] = fused_input<T>(p, i, at);
    for (int i = 0; i < p.steps; ++i) {
      const DeviceStep& s = p.code[i];
      registers[s.to] = fused_value(s.op, registers[s.from[0]], registers[s.from[1]], registers[s.from[2]], s.immediate);
    }
    for (int i = 0; i < p.outputs; ++i) fused_output(p, i, at, registers[p.out_from[i]]);
  });
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

template <typename T>
void run_program(const FusedProgram& p, const DeviceProgram& program) {
  if (run_compiled(program, p.dtype)) return;
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
