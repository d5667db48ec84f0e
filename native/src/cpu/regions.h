// Blocks above 1 MiB: each owns a mapping, and freed mappings wait for a request that fits well. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

namespace hebb {

class Regions {
 public:
  void* take(uint64_t bytes);
  void give(void* block);
  // Unmaps free regions, largest first, until the reserve is at most `target`.
  void trim(uint64_t target);
  // How much more `take` would reserve.
  uint64_t growth(uint64_t bytes) const;
  uint64_t reserved() const { return reserved_; }

 private:
  using Free = std::multimap<uint64_t, void*>;
  Free::const_iterator fit(uint64_t wanted) const;
  void* reuse(Free::const_iterator found, uint64_t* size);
  void* map_new(uint64_t wanted, uint64_t* size);

  std::unordered_map<void*, uint64_t> live_;
  Free free_;
  uint64_t reserved_ = 0;
  uint64_t live_bytes_ = 0;
  uint64_t peak_bytes_ = 0;
};

}  // namespace hebb
