#include <optional>

#include "cuda/map.cuh"
#include "cuda/memory.h"

namespace hebb {
namespace {

class WidenMemory {
 public:
  char* get(size_t bytes) { return scratch_.emplace(bytes).as<char>(); }

 private:
  std::optional<Scratch> scratch_;
};

}  // namespace
}  // namespace hebb

#include "cpu/widen.kernels.h"
