#include "cuda/libraryPair.h"

#include <dlfcn.h>

namespace hebb {
namespace {

// 0 where the library does not tell.
int major_of(const OpenedLibrary& library, const char* version) {
  const auto tell = reinterpret_cast<size_t (*)()>(dlsym(library.handle, version));
  return tell == nullptr ? 0 : static_cast<int>(tell() / 1000);
}

LibraryNames of_major(const LibraryNames& wanted, int major) {
  const std::string ending = ".so." + std::to_string(major);
  LibraryNames narrowed = {wanted.what, {}, wanted.companions};
  for (const std::string& name : wanted.names)
    if (name.size() >= ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0)
      narrowed.names.push_back(name);
  return narrowed;
}

std::string lacks(const BuiltForCuda& wanted, const OpenedLibrary& library) {
  return "\n  " + std::string(wanted.names.what) + ": " + library.path + " lacks " + wanted.version;
}

std::string mismatch(const BuiltForCuda& first, const LibraryPair& pair, const BuiltForCuda& second, int found, int needed) {
  const std::string cuda = " is built for CUDA ";
  return "\n  " + std::string(second.names.what) + " (" + pair.second.path + ")" + cuda + std::to_string(needed) + ", " +
         first.names.what + " (" + pair.first.path + ")" + cuda + std::to_string(found) +
         ", and they only work together when both are built for the same: install " + first.names.what + " of CUDA " +
         std::to_string(needed) + " or " + second.names.what + " of CUDA " + std::to_string(found) +
         " (NVIDIA's Python wheels for CUDA 12 end in -cu12), or name folders with two that match in HEBB_CUDA_PATH";
}

}  // namespace

LibraryPair open_pair(const BuiltForCuda& first, const BuiltForCuda& second, const std::vector<std::string>& folders) {
  LibraryPair pair;
  pair.first = open_library(first.names, folders);
  // After the first, which cuDNN asks for by name and then finds open.
  pair.second = open_library(second.names, folders);
  for (const OpenedLibrary* library : {&pair.first, &pair.second})
    if (library->handle == nullptr) pair.problem += "\n  " + library->problem;
  if (!pair.problem.empty()) return pair;
  const int found = major_of(pair.first, first.version), needed = major_of(pair.second, second.version);
  if (found == 0) pair.problem += lacks(first, pair.first);
  if (needed == 0) pair.problem += lacks(second, pair.second);
  if (!pair.problem.empty()) return pair;
  if (found != needed) {
    const OpenedLibrary other = open_library(of_major(first.names, needed), folders);
    if (other.handle == nullptr || major_of(other, first.version) != needed) {
      pair.problem = mismatch(first, pair, second, found, needed);
      return pair;
    }
    pair.first = other;
  }
  pair.major = needed;
  return pair;
}

}  // namespace hebb
