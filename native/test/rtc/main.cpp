// Compiles every instruction of `fused`, and every way in which an input may repeat, by NVRTC: no GPU is needed, nothing runs.
// Ends with 77 where there is no NVRTC.
#include <cstdio>

#include "cuda/api.h"
#include "cuda/fusedSource.h"
#include "cuda/rtcCompile.h"
#include "ops/fusedFunctors.h"

namespace {

using hebb::DeviceProgram;

// Registers, and arrays of one or two dtypes.
struct Dtypes {
  const char* name;
  int registers, arrays, more;
};

// Inputs that repeat in all ways, one of them bool; every instruction once; a bool output and two others.
DeviceProgram every_instruction(int64_t elements, const Dtypes& dtypes) {
  DeviceProgram p = {};
  p.elements = elements;
  const int64_t forms[][2] = {{1, elements}, {1, 1}, {1, 10}, {10, elements / 10}, {2, 5}, {1, 32}, {8, elements / 8}};
  p.inputs = sizeof forms / sizeof *forms, p.outputs = 3, p.steps = static_cast<int>(hebb::kFusedOps);
  for (int i = 0; i < p.inputs; ++i) {
    p.repeat[i] = forms[i][0], p.period[i] = forms[i][1];
    p.in_dtype[i] = static_cast<uint8_t>(i == 2 ? HEBB_BOOL : i % 2 ? dtypes.more : dtypes.arrays);
  }
  const int outputs[] = {dtypes.arrays, HEBB_BOOL, dtypes.more};
  for (int i = 0; i < p.outputs; ++i) p.out_dtype[i] = static_cast<uint8_t>(outputs[i]);
  for (int i = 0; i < p.steps; ++i) {
    const auto from = [&](int k) { return static_cast<int16_t>((i + k) % p.inputs); };
    p.code[i] = {0.5, static_cast<int16_t>(i), static_cast<int16_t>(p.inputs + i % p.outputs), {from(0), from(1), from(2)}};
  }
  for (int i = 0; i < p.outputs; ++i) p.out_from[i] = static_cast<int16_t>(p.inputs + i);
  return p;
}

bool compiles(const Dtypes& dtypes, int64_t elements, int architecture) {
  const DeviceProgram program = every_instruction(elements, dtypes);
  std::string log;
  const std::string source = hebb::fused_source(program, dtypes.registers), binary = hebb::rtc_compile(source, architecture, log);
  std::printf("%s %lld elements sm_%d: %zu bytes, key %s\n%s", dtypes.name, static_cast<long long>(elements), architecture,
              binary.size(), hebb::rtc_key(source, architecture).c_str(), log.size() > 1 ? log.c_str() : "");
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
  const Dtypes all[] = {{"float32", HEBB_FLOAT32, HEBB_FLOAT32, HEBB_FLOAT32},
                        {"float64", HEBB_FLOAT64, HEBB_FLOAT64, HEBB_FLOAT64},
                        {"bfloat16", HEBB_FLOAT32, HEBB_BFLOAT16, HEBB_BFLOAT16},
                        {"float16 and float32", HEBB_FLOAT32, HEBB_FLOAT16, HEBB_FLOAT32}};
  for (const Dtypes& dtypes : all)
    for (const int64_t elements : {int64_t{100}, int64_t{1} << 33})
      for (const int architecture : {80, 90}) good = compiles(dtypes, elements, architecture) && good;
  return good ? 0 : 1;
}
