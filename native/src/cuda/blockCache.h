// The caching part of the GPU's allocator, apart from the GPU: blocks are cut out of segments, best fit first, and freed blocks
// grow together again. A block may be handed out again at once, since all work goes through one stream in order. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace hebb {

class BlockCache {
 public:
  // Where segments come from and go: `take` returns null when there is no memory.
  struct Source {
    std::function<void*(uint64_t bytes)> take;
    std::function<void(void* segment)> give;
  };
  static constexpr uint64_t kGrain = 512;
  static constexpr uint64_t kSmall = uint64_t{1} << 20;
  static constexpr uint64_t kSmallSegment = uint64_t{16} << 20;
  static constexpr uint64_t kLargeGrain = uint64_t{2} << 20;

  explicit BlockCache(Source source) : source_(std::move(source)) {}

  // A block of at least `bytes` (at least 1); null when neither the cache nor the source has one.
  void* take(uint64_t bytes);
  void give(void* block);
  // Returns segments that nobody uses to the source.
  void trim();
  // How much more `take` would reserve.
  uint64_t growth(uint64_t bytes) const;
  uint64_t reserved() const { return reserved_; }

 private:
  struct Block {
    uint64_t size;
    char* segment;
    bool small, free;
  };
  using Blocks = std::map<char*, Block>;
  using Free = std::set<std::pair<uint64_t, char*>>;

  static uint64_t rounded(uint64_t bytes) { return (bytes + kGrain - 1) / kGrain * kGrain; }
  static uint64_t segment_bytes(uint64_t bytes);
  Free& free_list(bool small) { return small ? small_ : large_; }
  const Free& free_list(bool small) const { return small ? small_ : large_; }
  Free::const_iterator fit(uint64_t size) const;
  Blocks::iterator grow(uint64_t size);
  void split(Blocks::iterator block, uint64_t size);
  bool joins(Blocks::const_iterator first, Blocks::const_iterator second) const;

  Source source_;
  Blocks blocks_;  // by address, so that neighbours are next to each other
  Free small_, large_;
  std::unordered_map<char*, uint64_t> segments_;
  uint64_t reserved_ = 0;
};

}  // namespace hebb
