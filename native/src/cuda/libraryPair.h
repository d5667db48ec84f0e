// Two of NVIDIA's libraries that must be built for the same major version of CUDA. Plain C++: tested on machines without a GPU.
#pragma once

#include <string>
#include <vector>

#include "cuda/librarySearch.h"

namespace hebb {

// A library and its function that tells the CUDA it is built for: `size_t name()`, 13000 for 13.0.
struct BuiltForCuda {
  LibraryNames names;
  const char* version;
};

struct LibraryPair {
  OpenedLibrary first, second;
  int major = 0;        // of the CUDA that both are built for
  std::string problem;  // why there is no pair, a line for each reason
};

// Opens both. Where their CUDA differs, the first is looked for once more under the names that end with the second's major. The
// second is not looked for again: cuDNN opens parts of its own by name, of which a process has one.
LibraryPair open_pair(const BuiltForCuda& first, const BuiltForCuda& second, const std::vector<std::string>& folders);

}  // namespace hebb
