#include "cpu/map.h"
#include "cpu/scratch.h"

namespace hebb {
namespace {

struct WidenScratch {};

struct WidenMemory {
  char* get(size_t bytes) { return static_cast<char*>(thread_scratch<WidenScratch>().get(bytes)); }
};

}  // namespace
}  // namespace hebb

#include "cpu/widen.kernels.h"
