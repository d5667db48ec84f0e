// In place of NVRTC the host's compiler, where HEBB_EMULATED_RTC is 1: it takes its time, and most tests do without.
#include "cuda/rtc.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "cuda/launch.cuh"

namespace hebb {

struct RtcKernel {
  void (*thread)(const void* argument);
};

namespace {

namespace fs = std::filesystem;

bool wanted() {
  const char* value = std::getenv("HEBB_EMULATED_RTC");
  return value != nullptr && std::string(value) == "1";
}

// The library that holds threadIdx and the like.
std::string own_path() {
  Dl_info info = {};
  dladdr(reinterpret_cast<void*>(&wanted), &info);
  return info.dli_fname;
}

// A source that does not compile ends the process: it is the engine's mistake.
RtcKernel compile(const std::string& source, const std::string& name) {
  std::string pattern = fs::temp_directory_path() / "hebb-rtc-XXXXXX";  // mkdtemp fills the X in
  const fs::path folder = mkdtemp(pattern.data());
  std::ofstream(folder / "kernel.cpp") << "#include <cuda_runtime.h>\n"
                                       << source << "extern \"C\" void thread(const void* a) { " << name
                                       << "(*static_cast<const Arguments*>(a)); }\n";
  const std::string command = std::string(HEBB_EMULATED_COMPILER
                                          " -std=c++17 -DHEBB_EMULATED -O1 -ffp-contract=off -Wall -Wextra -Werror "
                                          "-Wno-unused-variable -fPIC -shared " HEBB_EMULATED_INCLUDES) +
                              " " + (folder / "kernel.cpp").string() + " -o " + (folder / "kernel.so").string() + " " +
                              own_path();
  if (std::system(command.c_str()) != 0) {
    std::fprintf(stderr, "emulated: this does not compile:\n%s", source.c_str());
    std::abort();
  }
  void* library = dlopen((folder / "kernel.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "emulated: %s\n", dlerror());
    std::abort();
  }
  fs::remove_all(folder);
  return {reinterpret_cast<void (*)(const void*)>(dlsym(library, "thread"))};
}

}  // namespace

const RtcKernel* rtc_kernel(const std::string& source, const char* name) {
  if (!wanted()) return nullptr;
  static std::map<std::string, RtcKernel> kernels;
  const auto known = kernels.find(source);
  return &(known != kernels.end() ? known : kernels.emplace(source, compile(source, name)).first)->second;
}

void rtc_launch(const RtcKernel& kernel, unsigned grid, const std::vector<uint64_t>& argument) {
  const auto thread = kernel.thread;
  const auto run = [=] { emulated::run_blocks(grid, dim3(kThreads), [&] { thread(argument.data()); }); };
  emulated::submit(stream(), run, true);
  note_kernel();
}

}  // namespace hebb
