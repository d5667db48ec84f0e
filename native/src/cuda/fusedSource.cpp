#include "cuda/fusedSource.h"

#include <cstdio>
#include <cstring>

#include "ops/fusedFunctors.h"

namespace hebb {
namespace {

// The functors by number; the last instruction, where, is a ternary.
constexpr const char* kFunctors[] = {
#define HEBB_FUSED_NAME(Op) #Op,
    HEBB_FUSED_LIST(HEBB_FUSED_NAME, HEBB_FUSED_NAME, HEBB_FUSED_NAME)
#undef HEBB_FUSED_NAME
};
constexpr bool kTakesImmediate[] = {
#define HEBB_FUSED_NO(Op) false,
#define HEBB_FUSED_YES(Op) true,
    HEBB_FUSED_LIST(HEBB_FUSED_NO, HEBB_FUSED_YES, HEBB_FUSED_NO)
#undef HEBB_FUSED_NO
#undef HEBB_FUSED_YES
};

std::string name(const char* letter, int number) { return letter + std::to_string(number); }
std::string variable(int number) { return name("r", number); }

// Element `at` of an input is its element at / repeat % period; most repeat in one way or in none.
enum class Place { kSame, kOne, kEnd, kStart, kBoth };

Place place_of(const DeviceProgram& p, int i) {
  const int64_t repeat = p.repeat[i], period = p.period[i];
  if (period == 1) return Place::kOne;
  if (repeat == 1) return period >= p.elements ? Place::kSame : Place::kEnd;
  return (p.elements - 1) / repeat < period ? Place::kStart : Place::kBoth;
}

bool divides(Place place) { return place == Place::kStart || place == Place::kBoth; }
bool wraps(Place place) { return place == Place::kEnd || place == Place::kBoth; }

std::string element(const DeviceProgram& p, int i) {
  const Place place = place_of(p, i);
  if (place == Place::kOne) return "0";
  std::string at = "at";
  if (divides(place)) at += name(" / Index(a.repeat", i) + ")";
  if (wraps(place)) at += name(" % Index(a.period", i) + ")";
  return at;
}

// Every bit of the immediate.
std::string immediate(double value) {
  unsigned long long bits;
  std::memcpy(&bits, &value, sizeof bits);
  char text[64];
  std::snprintf(text, sizeof text, "immediate(0x%llxull)", bits);
  return text;
}

std::string arguments(const DeviceProgram& p) {
  std::string text = "struct Arguments {\n  long long elements;\n";
  for (int i = 0; i < p.inputs; ++i) text += std::string("  const ") + (p.in_bool[i] ? "uint8_t" : "T") + name("* in", i) + ";\n";
  for (int i = 0; i < p.outputs; ++i) text += std::string("  ") + (p.out_bool[i] ? "uint8_t" : "T") + name("* out", i) + ";\n";
  for (int i = 0; i < p.inputs; ++i) {
    if (divides(place_of(p, i))) text += name("  long long repeat", i) + ";\n";
    if (wraps(place_of(p, i))) text += name("  long long period", i) + ";\n";
  }
  return text + "};\n";
}

std::string instruction(const DeviceStep& s, const std::string& to) {
  const std::string a = variable(s.from[0]), b = variable(s.from[1]), c = variable(s.from[2]);
  if (s.op >= kFusedOps - 1) return to + " = " + a + " != 0 ? " + b + " : " + c + ";\n";
  const std::string functor = std::string(kFunctors[s.op]) + "{" + (kTakesImmediate[s.op] ? immediate(s.immediate) : "") + "}";
  return to + " = " + functor + "(" + a + (kFusedOperands[s.op] == 2 ? ", " + b : "") + ");\n";
}

// What happens to one element.
std::string body(const DeviceProgram& p) {
  std::string text;
  bool known[kFusedRegisters] = {};
  for (int i = 0; i < p.inputs; ++i, known[i - 1] = true)
    text += "    T " + variable(i) + name(" = T(a.in", i) + "[" + element(p, i) + "]);\n";
  for (int i = 0; i < p.steps; ++i) {
    const int to = p.code[i].to;
    text += "    " + instruction(p.code[i], (known[to] ? "" : "T ") + variable(to));
    known[to] = true;
  }
  for (int i = 0; i < p.outputs; ++i) {
    const std::string y = variable(p.out_from[i]);
    text += name("    a.out", i) + "[at] = " + (p.out_bool[i] ? y + " != 0" : y) + ";\n";
  }
  return text;
}

// Steps of a grid past the last element must not wrap around.
constexpr int64_t kMostNarrow = INT64_C(1) << 31;

}  // namespace

std::string fused_source(const DeviceProgram& p, int dtype) {
  const std::string kernel = kFusedName;
  return "#include \"ops/fusedFunctors.h\"\n"
         "#include \"math/immediate.h\"\n\n"
         "using namespace hebb;\n"
         "using math::immediate;\n"
         "using T = " +
         std::string(dtype == HEBB_FLOAT64 ? "double" : "float") +
         ";\n"
         "using Index = " +
         (p.elements <= kMostNarrow ? "unsigned" : "long long") + ";\n" + arguments(p) + "\nextern \"C\" __global__ void " +
         kernel +
         "(const Arguments a) {\n"
         "  const Index step = Index(gridDim.x) * blockDim.x;\n"
         "  for (Index at = Index(blockIdx.x) * blockDim.x + threadIdx.x; at < Index(a.elements); at += step) {\n" +
         body(p) + "  }\n}\n";
}

std::vector<uint64_t> fused_argument(const DeviceProgram& p) {
  std::vector<uint64_t> words = {static_cast<uint64_t>(p.elements)};
  for (int i = 0; i < p.inputs; ++i) words.push_back(reinterpret_cast<uint64_t>(p.in[i]));
  for (int i = 0; i < p.outputs; ++i) words.push_back(reinterpret_cast<uint64_t>(p.out[i]));
  for (int i = 0; i < p.inputs; ++i) {
    if (divides(place_of(p, i))) words.push_back(static_cast<uint64_t>(p.repeat[i]));
    if (wraps(place_of(p, i))) words.push_back(static_cast<uint64_t>(p.period[i]));
  }
  return words;
}

}  // namespace hebb
