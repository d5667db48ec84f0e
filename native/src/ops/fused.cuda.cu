// fused: a kernel of its own by NVRTC (cuda/fusedSource.h), and where there is no NVRTC, a thread for each element that takes it
// through the program, its registers in its local memory. What is summed goes to memory and through the reduction of the op
// `sum`.
#include "cpu/check.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "cuda/reduce.cuh"
#include "ops/fusedDevice.cuda.h"
#include "ops/fusedFunctors.h"
#include "ops/reduce.h"

namespace hebb {
namespace {

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
  return p.in_bool[i] ? static_cast<T>(static_cast<const uint8_t*>(p.in[i])[from]) : static_cast<const T*>(p.in[i])[from];
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
    for (int i = 0; i < p.outputs; ++i) {
      const T y = registers[p.out_from[i]];
      if (p.out_bool[i])
        static_cast<uint8_t*>(p.out[i])[at] = y != 0;
      else
        static_cast<T*>(p.out[i])[at] = y;
    }
  });
}

DeviceProgram for_device(const FusedProgram& p, const Call& call) {
  DeviceProgram d = {};
  d.elements = p.elements;
  d.inputs = static_cast<int>(p.inputs), d.outputs = static_cast<int>(p.outputs), d.steps = static_cast<int>(p.instructions);
  for (int i = 0; i < d.inputs; ++i) {
    d.in[i] = call.inputs[i].data, d.in_bool[i] = call.inputs[i].dtype == HEBB_BOOL;
    d.repeat[i] = p.repeat[i], d.period[i] = p.period[i];
  }
  for (int i = 0; i < d.outputs; ++i) {
    d.out[i] = call.outputs[i].data, d.out_bool[i] = call.outputs[i].dtype == HEBB_BOOL;
    d.out_from[i] = static_cast<int16_t>(d.inputs + i);
  }
  for (int i = 0; i < d.steps; ++i) {
    const FusedStep& s = p.code[i];
    const auto narrow = [](int64_t x) { return static_cast<int16_t>(x); };
    d.code[i] = {s.immediate, narrow(s.op), narrow(s.to), {narrow(s.from[0]), narrow(s.from[1]), narrow(s.from[2])}};
  }
  return d;
}

// Where sum j finds its register as an array: an output of the program, or `scratch`, which the program then writes too.
const void* summed_array(const FusedProgram& p, int64_t j, char* scratch, DeviceProgram& d) {
  const int64_t from = p.sum[j].from;
  for (int i = 0; i < d.outputs; ++i)
    if (d.out_from[i] == from && !d.out_bool[i]) return d.out[i];
  d.out[d.outputs] = scratch, d.out_from[d.outputs] = static_cast<int16_t>(from);
  return d.out[d.outputs++];
}

template <typename T>
void run_program(const FusedProgram& p, const DeviceProgram& program) {
  if (run_compiled(program, p.dtype)) return;
  // The program is an argument, so that a recorded launch keeps it.
  HEBB_LAUNCH(fused_elements<T>, grid_for(p.elements), kThreads, program);
  check_launch("fused");
}

template <typename T>
void run_sums(const FusedProgram& p, const Call& call, const void* const* summed) {
  for (int64_t j = 0; j < p.sums; ++j) {
    const T* x = static_cast<const T*>(summed[j]);
    T* y = data<T>(call.outputs[p.outputs + j]);
    if (p.sum[j].mean)
      reduce_all<SumOf<T>>(x, y, p.outer, p.length, p.inner, Share<T>{static_cast<double>(p.length)});
    else
      reduce_all<SumOf<T>>(x, y, p.outer, p.length, p.inner, As<T>{});
  }
}

}  // namespace

int fused_kernel(const Call& call, hebb_error& error) {
  FusedProgram p;
  if (const int status = check_fused(call, error, p)) return status;
  with_float(p.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    DeviceProgram program = for_device(p, call);
    const int64_t bytes = p.elements * static_cast<int64_t>(sizeof(T));
    const Scratch scratch(static_cast<uint64_t>(p.sums * bytes));
    const void* summed[kFusedSums] = {};
    for (int64_t j = 0; j < p.sums; ++j) summed[j] = summed_array(p, j, scratch.as<char>() + j * bytes, program);
    if (p.elements > 0) run_program<T>(p, program);
    run_sums<T>(p, call, summed);
  });
  return HEBB_OK;
}

}  // namespace hebb
