#include "cuda/api.h"

#include <dlfcn.h>

#include "cuda/librarySearch.h"

namespace hebb {
namespace {

Api& instance() {
  static Api& table = *new Api;
  return table;
}

template <typename F>
void load_function(void* library, const char* name, F& function, std::string& missing) {
  function = reinterpret_cast<F>(dlsym(library, name));
  if (function == nullptr) missing += std::string(" ") + name;
}

// Opens one library and its functions; adds what went wrong to `problem`.
template <typename Load>
void load_library(const LibraryNames& wanted, const std::vector<std::string>& folders, std::string& problem, const Load& load) {
  const OpenedLibrary library = open_library(wanted, folders);
  if (library.handle == nullptr) {
    problem += "\n  " + library.problem;
    return;
  }
  if (wanted.companions != nullptr) open_beside(library.path, wanted.companions);
  std::string missing;
  load(library.handle, missing);
  if (!missing.empty()) problem += "\n  " + std::string(wanted.what) + ": " + library.path + " lacks" + missing;
}

std::string version_text(size_t version, size_t major, size_t minor) {
  return std::to_string(version / major) + "." + std::to_string(version % major / minor) + "." + std::to_string(version % minor);
}

#define HEBB_LOAD(name) load_function(library, #name, a.name, missing);

void load_nvrtc_from(const std::vector<std::string>& folders, std::string& problem) {
  Api& a = instance();
  load_library({"NVRTC", {"libnvrtc.so.13", "libnvrtc.so.12"}, "libnvrtc-builtins.so.*"}, folders, problem,
               [&](void* library, std::string& missing) { HEBB_NVRTC_FUNCTIONS(HEBB_LOAD) });
}

std::string load_all() {
  Api& a = instance();
  const std::vector<std::string> folders = library_folders();
  std::string problem;
  // The driver itself is opened by the CUDA runtime; opening it here says why it does not.
  load_library({"the NVIDIA driver", {"libcuda.so.1"}}, folders, problem, [](void*, std::string&) {});
  load_library({"cuBLASLt", {"libcublasLt.so.13", "libcublasLt.so.12"}}, folders, problem,
               [&](void* library, std::string& missing) { HEBB_CUBLASLT_FUNCTIONS(HEBB_LOAD) });
  // After cuBLASLt, which cuDNN asks for by name and then finds open.
  load_library({"cuDNN 9", {"libcudnn.so.9"}}, folders, problem,
               [&](void* library, std::string& missing) { HEBB_CUDNN_FUNCTIONS(HEBB_LOAD) });
  load_nvrtc_from(folders, problem);
  if (problem.empty()) {
    int major = 0, minor = 0;
    a.nvrtcVersion(&major, &minor);
    a.versions = "cuBLASLt " + version_text(a.cublasLtGetVersion(), 10000, 100) + ", cuDNN " +
                 version_text(a.cudnnGetVersion(), 10000, 100) + ", NVRTC " + std::to_string(major) + "." + std::to_string(minor);
    return problem;
  }
  problem += "\n  looked for in: the system's search path";
  for (const std::string& folder : folders) problem += ", " + folder;
  return problem + "\n  name further folders in HEBB_CUDA_PATH, separated by colons";
}

#undef HEBB_LOAD

}  // namespace

const Api& api() { return instance(); }

bool load_api(std::string& problem) {
  static const std::string found = load_all();
  problem = found;
  return found.empty();
}

bool load_nvrtc(std::string& problem) {
  load_nvrtc_from(library_folders(), problem);
  return problem.empty();
}

}  // namespace hebb
