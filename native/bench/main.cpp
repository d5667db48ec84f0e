// hebb_bench [--library=PATH] [Google Benchmark's own options]
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench.h"

namespace hebb_bench {
namespace {

const hebb_backend* g_table = nullptr;

[[noreturn]] void stop(const char* what, const char* why) {
  std::fprintf(stderr, "hebb_bench: %s: %s\n", what, why);
  std::exit(1);
}

// Takes --library=PATH out of the arguments; without it HEBB_CPU_LIBRARY, or the baseline library of this build.
std::string library_path(int& argc, char** argv) {
  const char* variable = std::getenv("HEBB_CPU_LIBRARY");
  std::string path = variable != nullptr ? variable : HEBB_DEFAULT_LIBRARY;
  const char* option = "--library=";
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], option, std::strlen(option)) == 0)
      path = argv[i] + std::strlen(option);
    else
      argv[kept++] = argv[i];
  }
  argc = kept;
  return path;
}

}  // namespace

const hebb_backend& table() { return *g_table; }

void open_table(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) stop(path.c_str(), dlerror());
  const auto entry = reinterpret_cast<hebb_backend_entry>(dlsym(library, "hebb_open_backend"));
  g_table = entry != nullptr ? entry(HEBB_ABI_VERSION) : nullptr;
  if (g_table == nullptr) stop(path.c_str(), "no back end of this version");
}

}  // namespace hebb_bench

int main(int argc, char** argv) {
  using namespace hebb_bench;
  open_table(library_path(argc, argv));
  measure_peaks();
  std::printf("%s, %d threads: float32 %.0f GFLOP/s, bfloat16 %.0f GFLOP/s, read %.1f GB/s, triad %.1f GB/s\n",
              table().describe(), table().threads(0), peaks().flops / 1e9, peaks().bf16_flops / 1e9, peaks().read_bytes / 1e9,
              peaks().triad_bytes / 1e9);
  register_elementwise();
  register_matmul();
  register_conv2d();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
