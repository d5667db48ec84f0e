// Compiles every instruction of `fused`, and every way in which an input may repeat, by NVRTC: no GPU is needed, nothing runs.
// Ends with 77 where there is no NVRTC.
#include <cstdio>

#include "cuda/api.h"
#include "cuda/fusedSource.h"
#include "cuda/rtcCompile.h"
#include "ops/fusedFunctors.h"

namespace {

using hebb::DeviceProgram;

// Inputs that repeat in all ways, one of them bool; every instruction once; a bool output and another.
DeviceProgram every_instruction(int64_t elements) {
  DeviceProgram p = {};
  p.elements = elements;
  p.inputs = 5, p.outputs = 2, p.steps = static_cast<int>(hebb::kFusedOps);
  const int64_t forms[][2] = {{1, elements}, {1, 1}, {1, 10}, {10, elements / 10}, {2, 5}};
  for (int i = 0; i < p.inputs; ++i) p.repeat[i] = forms[i][0], p.period[i] = forms[i][1];
  p.in_bool[2] = p.out_bool[1] = true;
  for (int i = 0; i < p.steps; ++i) {
    const auto from = [&](int k) { return static_cast<int16_t>((i + k) % p.inputs); };
    p.code[i] = {0.5, static_cast<int16_t>(i), static_cast<int16_t>(p.inputs + i % p.outputs), {from(0), from(1), from(2)}};
  }
  for (int i = 0; i < p.outputs; ++i) p.out_from[i] = static_cast<int16_t>(p.inputs + i);
  return p;
}

bool compiles(int dtype, int64_t elements, int architecture) {
  const DeviceProgram program = every_instruction(elements);
  std::string log;
  const std::string source = hebb::fused_source(program, dtype), binary = hebb::rtc_compile(source, architecture, log);
  std::printf("%s %lld elements sm_%d: %zu bytes, key %s\n%s", dtype == HEBB_FLOAT64 ? "float64" : "float32",
              static_cast<long long>(elements), architecture, binary.size(), hebb::rtc_key(source, architecture).c_str(),
              log.size() > 1 ? log.c_str() : "");
  if (binary.empty()) std::printf("%s\n", source.c_str());
  return !binary.empty();
}

}  // namespace

int main() {
  std::string problem;
  if (!hebb::load_nvrtc(problem)) {
    std::printf("skipped: no NVRTC:%s\n", problem.c_str());
    return 77;
  }
  bool good = true;
  for (const int dtype : {HEBB_FLOAT32, HEBB_FLOAT64})
    for (const int64_t elements : {int64_t{100}, int64_t{1} << 33})
      for (const int architecture : {80, 90}) good = compiles(dtype, elements, architecture) && good;
  return good ? 0 : 1;
}
