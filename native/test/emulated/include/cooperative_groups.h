// The one group that the engine knows.
#pragma once

#include <cuda_runtime.h>

namespace cooperative_groups {

struct Grid {
  void sync() const { emulated::meet_grid(); }
};
inline Grid this_grid() { return {}; }

}  // namespace cooperative_groups
