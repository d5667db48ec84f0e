#include "cpu/memoryLimit.h"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace hebb {
namespace {

// The number in a file of the control-group file system; 0 where there is none ("max").
uint64_t number_in(const char* path) {
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) return 0;
  uint64_t number = 0;
  if (std::fscanf(file, "%" SCNu64, &number) != 1) number = 0;
  std::fclose(file);
  return number;
}

uint64_t machine_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && bytes > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(bytes) : 0;
}

}  // namespace

uint64_t default_budget() {
  uint64_t limit = machine_memory();
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const uint64_t group = number_in(path);
    if (group > 0) limit = limit == 0 ? group : std::min(limit, group);
  }
  return limit / 10 * 9;
}

}  // namespace hebb
