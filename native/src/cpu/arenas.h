// Blocks of up to 1 MiB in size classes, carved from aligned arenas. Not thread-safe: the allocator holds the lock.
#pragma once

#include <cstdint>
#include <vector>

namespace hebb {

constexpr uint64_t kLargestClass = 1u << 20;

// Classes 0…7 are 64…512 bytes; then eight steps for every power of two, which wastes at most one eighth.
inline int size_class(uint64_t bytes) {
  if (bytes <= 512) return static_cast<int>((bytes + 63) / 64) - 1;
  const int power = 63 - __builtin_clzll(bytes - 1);
  const int step = static_cast<int>((bytes - 1) >> (power - 3)) - 8;
  return 8 + (power - 9) * 8 + step;
}

inline uint64_t class_bytes(int size_class) {
  if (size_class < 8) return 64u * (size_class + 1);
  const int power = (size_class - 8) / 8 + 9;
  return (uint64_t{9} + (size_class - 8) % 8) << (power - 3);
}

constexpr int kClasses = 8 + 11 * 8;

class Arenas {
 public:
  void* take(int size_class);
  void give(void* block, int size_class);
  void trim();
  // How much more `take` would reserve: nothing, or an arena.
  uint64_t growth(int size_class) const;
  uint64_t reserved() const { return reserved_; }

 private:
  struct Block {
    Block* next;
  };
  // Stands at the start of its arena; a block finds it by masking its own address.
  struct Arena {
    uint64_t live;
    char* next;  // what lies between here and the end has never been handed out
    char* end;
  };
  // Small classes share 2 MiB arenas, the others 32 MiB ones, so that little is lost at the end of either.
  struct Kind {
    std::vector<Arena*> arenas;
    Arena* current = nullptr;
    uint64_t live_bytes = 0;
    uint64_t peak_bytes = 0;
  };

  static int kind_of(int size_class);
  static Arena* arena_of(void* block, int kind);
  bool grow(int kind);
  void spend_rest(Arena* arena, int kind);
  void release_empty(int kind);

  Block* free_[kClasses] = {};
  Kind kinds_[2];
  uint64_t reserved_ = 0;
};

}  // namespace hebb
