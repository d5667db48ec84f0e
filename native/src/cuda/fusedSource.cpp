#include "cuda/fusedSource.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "cpu/dtype.h"
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

// The place in input i of element `at`.
std::string index(const DeviceProgram& p, int i, std::string at) {
  const Place place = place_of(p, i);
  if (place == Place::kOne) return "0";
  if (divides(place)) at += name(" / Index(a.repeat", i) + ")";
  if (wraps(place)) at += name(" % Index(a.period", i) + ")";
  return at;
}

// Instructions beyond which the code of whole packs would take long to compile, and no longer fit into the cache for code.
constexpr int kMostPacked = 32;

// Elements that a thread takes at a time: as many as 16 bytes hold of the widest array, where there are arrays of 16 bits. Alone
// they would use half of each access to memory, of which pairs make a whole one.
int pack_of(const DeviceProgram& p) {
  int64_t widest = 1;
  bool halves = false;
  const auto look = [&](int dtype) {
    widest = std::max(widest, dtype_bytes(dtype));
    halves = halves || wide_dtype(dtype) != dtype;
  };
  for (int i = 0; i < p.inputs; ++i) look(p.in_dtype[i]);
  for (int i = 0; i < p.outputs; ++i) look(p.out_dtype[i]);
  if (!halves) return 1;
  return p.steps <= kMostPacked ? static_cast<int>(16 / widest) : 2;
}

// Whether the elements of a pack lie side by side in input i, or are one element of it.
bool side_by_side(const DeviceProgram& p, int i) {
  const Place place = place_of(p, i);
  return place == Place::kSame || (place == Place::kEnd && p.period[i] % pack_of(p) == 0);
}
bool is_one(const DeviceProgram& p, int i) {
  const Place place = place_of(p, i);
  return place == Place::kOne || (divides(place) && p.repeat[i] % pack_of(p) == 0);
}

// How many packs there are; none where an array does not begin at a multiple of its packs.
int64_t packs_of(const DeviceProgram& p) {
  const int pack = pack_of(p);
  const auto starts = [&](const void* x, int dtype) { return reinterpret_cast<uintptr_t>(x) % (pack * dtype_bytes(dtype)) == 0; };
  bool all = pack > 1;
  for (int i = 0; i < p.inputs; ++i) all = all && (!side_by_side(p, i) || starts(p.in[i], p.in_dtype[i]));
  for (int i = 0; i < p.outputs; ++i) all = all && starts(p.out[i], p.out_dtype[i]);
  return all ? p.elements / pack : 0;
}

// Every bit of the immediate.
std::string immediate(double value) {
  unsigned long long bits;
  std::memcpy(&bits, &value, sizeof bits);
  char text[64];
  std::snprintf(text, sizeof text, "immediate(0x%llxull)", bits);
  return text;
}

const char* type_of(int dtype) {
  switch (dtype) {
    case HEBB_BOOL:
      return "uint8_t";
    case HEBB_BFLOAT16:
      return "BFloat16";
    case HEBB_FLOAT16:
      return "Float16";
    default:
      return "T";
  }
}

std::string arguments(const DeviceProgram& p) {
  std::string text = "struct Arguments {\n  long long elements, packs;\n";
  for (int i = 0; i < p.inputs; ++i) text += std::string("  const ") + type_of(p.in_dtype[i]) + name("* in", i) + ";\n";
  for (int i = 0; i < p.outputs; ++i) text += std::string("  ") + type_of(p.out_dtype[i]) + name("* out", i) + ";\n";
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

// What happens to the elements of a pack: those from `at` on.
std::string body(const DeviceProgram& p) {
  std::string before, inside, after;
  bool known[kFusedRegisters] = {};
  for (int i = 0; i < p.inputs; ++i, known[i - 1] = true) {
    const std::string in = name("a.in", i), x = name("x", i);
    if (side_by_side(p, i))
      before += "  const auto " + x + " = read_pack<N>(" + in + ", (" + index(p, i, "at") + ") / N);\n";
    else if (is_one(p, i))
      before += "  const T " + x + " = T(" + in + "[" + index(p, i, "at") + "]);\n";
    const std::string element = side_by_side(p, i) ? x + ".at[k]" : is_one(p, i) ? x : in + "[" + index(p, i, "(at + k)") + "]";
    inside += "    T " + variable(i) + " = " + (is_one(p, i) ? element : "T(" + element + ")") + ";\n";
  }
  for (int i = 0; i < p.steps; ++i) {
    const int to = p.code[i].to;
    inside += "    " + instruction(p.code[i], (known[to] ? "" : "T ") + variable(to));
    known[to] = true;
  }
  for (int i = 0; i < p.outputs; ++i) {
    const std::string value = variable(p.out_from[i]), y = name("y", i), type = type_of(p.out_dtype[i]);
    before += "  Pack<" + type + ", N> " + y + ";\n";
    inside += "    " + y + ".at[k] = " + (p.out_dtype[i] == HEBB_BOOL ? value + " != 0" : type + "(" + value + ")") + ";\n";
    after += name("  write_pack(a.out", i) + ", at / N, " + y + ");\n";
  }
  return before + "  HEBB_UNROLL\n  for (int k = 0; k < N; ++k) {\n" + inside + "  }\n" + after;
}

// Steps of a grid past the last element must not wrap around.
constexpr int64_t kMostNarrow = INT64_C(1) << 31;

}  // namespace

std::string fused_source(const DeviceProgram& p, int dtype) {
  const std::string pack = std::to_string(pack_of(p));
  return "#include \"cuda/beginKernel.cuh\"\n"
         "#include \"cuda/pack.cuh\"\n"
         "#include \"math/immediate.h\"\n"
         "#include \"ops/fusedFunctors.h\"\n\n"
         "using namespace hebb;\n"
         "using math::immediate;\n"
         "using T = " +
         std::string(dtype == HEBB_FLOAT64 ? "double" : "float") +
         ";\n"
         "using Index = " +
         (p.elements <= kMostNarrow ? "unsigned" : "long long") + ";\n" + arguments(p) +
         "\ntemplate <int N>\n"
         "__device__ __forceinline__ void run(const Arguments& a, Index at) {\n" +
         body(p) +
         "}\n\n"
         "extern \"C\" __global__ void " +
         kFusedName +
         "(const Arguments a) {\n"
         "  begin_kernel();\n"
         "  const Index step = Index(gridDim.x) * blockDim.x, first = Index(blockIdx.x) * blockDim.x + threadIdx.x;\n" +
         (pack_of(p) == 1 ? ""
                          : "  for (Index i = first; i < Index(a.packs); i += step) run<" + pack + ">(a, " + pack + " * i);\n") +
         "  for (Index at = " + pack +
         " * Index(a.packs) + first; at < Index(a.elements); at += step) run<1>(a, at);\n"
         "}\n";
}

std::vector<uint64_t> fused_argument(const DeviceProgram& p) {
  std::vector<uint64_t> words = {static_cast<uint64_t>(p.elements), static_cast<uint64_t>(packs_of(p))};
  for (int i = 0; i < p.inputs; ++i) words.push_back(reinterpret_cast<uint64_t>(p.in[i]));
  for (int i = 0; i < p.outputs; ++i) words.push_back(reinterpret_cast<uint64_t>(p.out[i]));
  for (int i = 0; i < p.inputs; ++i) {
    if (divides(place_of(p, i))) words.push_back(static_cast<uint64_t>(p.repeat[i]));
    if (wraps(place_of(p, i))) words.push_back(static_cast<uint64_t>(p.period[i]));
  }
  return words;
}

int64_t fused_threads(const DeviceProgram& p) {
  const int64_t packs = packs_of(p);
  return packs > 0 ? packs : p.elements;
}

}  // namespace hebb
