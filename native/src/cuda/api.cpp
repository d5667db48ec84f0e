#include "cuda/api.h"

#include <dlfcn.h>

#include <utility>

#include "cuda/libraryPair.h"
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

// Loads the functions of an opened library; adds those it lacks, or why it is not open, to `problem`.
template <typename Load>
void load_functions(const LibraryNames& wanted, const OpenedLibrary& library, std::string& problem, const Load& load) {
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

// Of the CUDA that the others are built for where there is one: the driver at hand runs what that compiles.
void load_nvrtc_from(const std::vector<std::string>& folders, int major, std::string& problem) {
  Api& a = instance();
  LibraryNames wanted = {"NVRTC", {"libnvrtc.so.13", "libnvrtc.so.12"}, "libnvrtc-builtins.so.*"};
  if (major == 12) std::swap(wanted.names[0], wanted.names[1]);
  load_functions(wanted, open_library(wanted, folders), problem,
                 [&](void* library, std::string& missing) { HEBB_NVRTC_FUNCTIONS(HEBB_LOAD) });
}

// cuBLASLt and cuDNN; the major version of their CUDA, or 0.
int load_pair_from(const std::vector<std::string>& folders, std::string& problem) {
  Api& a = instance();
  const BuiltForCuda products = {{"cuBLASLt", {"libcublasLt.so.13", "libcublasLt.so.12"}}, "cublasLtGetCudartVersion"};
  const BuiltForCuda convolutions = {{"cuDNN 9", {"libcudnn.so.9"}}, "cudnnGetCudartVersion"};
  const LibraryPair pair = open_pair(products, convolutions, folders);
  problem += pair.problem;
  if (!pair.problem.empty()) return 0;
  load_functions(products.names, pair.first, problem,
                 [&](void* library, std::string& missing) { HEBB_CUBLASLT_FUNCTIONS(HEBB_LOAD) });
  load_functions(convolutions.names, pair.second, problem,
                 [&](void* library, std::string& missing) { HEBB_CUDNN_FUNCTIONS(HEBB_LOAD) });
  return pair.major;
}

// The driver itself is opened by the CUDA runtime; opening it here says why it does not.
void open_driver_from(const std::vector<std::string>& folders, std::string& problem) {
  const LibraryNames driver = {"the NVIDIA driver", {"libcuda.so.1"}};
  load_functions(driver, open_library(driver, folders), problem, [](void*, std::string&) {});
}

std::string load_all(bool with_driver) {
  Api& a = instance();
  const std::vector<std::string> folders = library_folders();
  std::string problem;
  if (with_driver) open_driver_from(folders, problem);
  const int cuda = load_pair_from(folders, problem);
  load_nvrtc_from(folders, cuda, problem);
  if (problem.empty()) {
    int major = 0, minor = 0;
    a.nvrtcVersion(&major, &minor);
    a.versions = "cuBLASLt " + version_text(a.cublasLtGetVersion(), 10000, 100) + ", cuDNN " +
                 version_text(a.cudnnGetVersion(), 10000, 100) + " for CUDA " + std::to_string(cuda) + ", NVRTC " +
                 std::to_string(major) + "." + std::to_string(minor);
    return problem;
  }
  return problem + "\n  " + search_text(folders) + "\n  name further folders in HEBB_CUDA_PATH, separated by colons";
}

#undef HEBB_LOAD

}  // namespace

const Api& api() { return instance(); }

bool load_api(std::string& problem) {
  static const std::string found = load_all(true);
  problem = found;
  return found.empty();
}

bool load_libraries(std::string& problem) {
  problem = load_all(false);
  return problem.empty();
}

bool load_nvrtc(std::string& problem) {
  load_nvrtc_from(library_folders(), 0, problem);
  return problem.empty();
}

}  // namespace hebb
