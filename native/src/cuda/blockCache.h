// The caching part of the GPU's allocator, apart from the GPU: blocks are cut out of segments, best fit first, and freed blocks
// grow together again. A block may be handed out again at once, since kernels go through one stream in order; who works outside
// of it asks for the stamp that the block was given back with. Not thread-safe.
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
  static constexpr uint64_t kStamped = ~uint64_t{0};
  static constexpr uint64_t kGrain = 512;
  static constexpr uint64_t kSmall = uint64_t{1} << 20;
  static constexpr uint64_t kSmallSegment = uint64_t{16} << 20;
  static constexpr uint64_t kLargeGrain = uint64_t{2} << 20;

  // Not pooled, every block is a segment of its very size, and goes when it is given back: for tools that watch memory.
  explicit BlockCache(Source source, bool pooled = true) : source_(std::move(source)), pooled_(pooled) {}

  // A block of at least `bytes` (at least 1); null when neither the cache nor the source has one.
  void* take(uint64_t bytes);
  // The stamp grows with time.
  void give(void* block, uint64_t stamp);
  // The latest stamp of what lay where this block lies, the first time; 0 for memory that is new, and kStamped from then on.
  uint64_t take_stamp(void* block);
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
    uint64_t stamp;
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

  void* take_segment(uint64_t bytes);

  Source source_;
  const bool pooled_;
  Blocks blocks_;  // by address, so that neighbours are next to each other
  Free small_, large_;
  std::unordered_map<char*, uint64_t> segments_;
  uint64_t reserved_ = 0;
};

}  // namespace hebb
