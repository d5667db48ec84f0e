#include "cpu/arenas.h"

#include <algorithm>

#include "cpu/mapping.h"

namespace hebb {
namespace {

constexpr uint64_t kArenaBytes[2] = {kHugePage, 16 * kHugePage};
constexpr uint64_t kHeader = 64;
constexpr int kFirstOfKind[2] = {0, 8 + 7 * 8};  // the second kind starts above 64 KiB
// Empty arenas stay while the reserve is below twice the peak plus this.
constexpr uint64_t kSlack = 64u << 20;

}  // namespace

int Arenas::kind_of(int size_class) { return size_class >= kFirstOfKind[1] ? 1 : 0; }

Arenas::Arena* Arenas::arena_of(void* block, int kind) {
  return reinterpret_cast<Arena*>(reinterpret_cast<uintptr_t>(block) & ~(kArenaBytes[kind] - 1));
}

uint64_t Arenas::growth(int size_class) const {
  if (free_[size_class] != nullptr) return 0;
  const int k = kind_of(size_class);
  const Arena* arena = kinds_[k].current;
  const bool fits = arena != nullptr && static_cast<uint64_t>(arena->end - arena->next) >= class_bytes(size_class);
  return fits ? 0 : kArenaBytes[k];
}

void* Arenas::take(int size_class) {
  const uint64_t bytes = class_bytes(size_class);
  const int k = kind_of(size_class);
  Kind& kind = kinds_[k];
  void* block = free_[size_class];
  if (block != nullptr) {
    free_[size_class] = free_[size_class]->next;
  } else {
    if (growth(size_class) > 0 && !grow(k)) return nullptr;
    block = kind.current->next;
    kind.current->next += bytes;
  }
  ++arena_of(block, k)->live;
  kind.live_bytes += bytes;
  kind.peak_bytes = std::max(kind.peak_bytes, kind.live_bytes);
  unpoison(block, bytes);
  return block;
}

void Arenas::give(void* block, int size_class) {
  const int k = kind_of(size_class);
  --arena_of(block, k)->live;
  kinds_[k].live_bytes -= class_bytes(size_class);
  Block* b = static_cast<Block*>(block);
  b->next = free_[size_class];
  free_[size_class] = b;
  poison(b + 1, class_bytes(size_class) - sizeof(Block));
}

bool Arenas::grow(int k) {
  Kind& kind = kinds_[k];
  const uint64_t bytes = kArenaBytes[k];
  // Sizes that never return would otherwise keep their blocks for ever.
  if (kind.arenas.size() * bytes + bytes > 2 * kind.peak_bytes + kSlack) release_empty(k);
  Arena* arena = static_cast<Arena*>(map_aligned(bytes, bytes));
  if (arena == nullptr) return false;
  if (kind.current != nullptr) spend_rest(kind.current, k);
  char* start = reinterpret_cast<char*>(arena);
  *arena = {0, start + kHeader, start + bytes};
  poison(start + kHeader, bytes - kHeader);
  kind.arenas.push_back(arena);
  kind.current = arena;
  reserved_ += bytes;
  return true;
}

// Cuts what is left of an arena into the largest blocks that fit.
void Arenas::spend_rest(Arena* arena, int k) {
  for (int c = k == 0 ? kFirstOfKind[1] - 1 : kClasses - 1; c >= kFirstOfKind[k]; --c) {
    const uint64_t bytes = class_bytes(c);
    while (static_cast<uint64_t>(arena->end - arena->next) >= bytes) {
      Block* b = reinterpret_cast<Block*>(arena->next);
      arena->next += bytes;
      unpoison(b, sizeof(Block));
      b->next = free_[c];
      free_[c] = b;
    }
  }
}

void Arenas::release_empty(int k) {
  Kind& kind = kinds_[k];
  const auto empty = [](const Arena* arena) { return arena->live == 0; };
  if (std::none_of(kind.arenas.begin(), kind.arenas.end(), empty)) return;
  const int last = k == 0 ? kFirstOfKind[1] : kClasses;
  for (int c = kFirstOfKind[k]; c < last; ++c) {
    Block** link = &free_[c];
    while (*link != nullptr) {
      if (empty(arena_of(*link, k)))
        *link = (*link)->next;
      else
        link = &(*link)->next;
    }
  }
  if (kind.current != nullptr && empty(kind.current)) kind.current = nullptr;
  const auto kept = std::partition(kind.arenas.begin(), kind.arenas.end(), [&](const Arena* a) { return !empty(a); });
  for (auto it = kept; it != kind.arenas.end(); ++it) {
    unpoison(*it, kArenaBytes[k]);
    unmap(*it, kArenaBytes[k]);
    reserved_ -= kArenaBytes[k];
  }
  kind.arenas.erase(kept, kind.arenas.end());
}

void Arenas::trim() {
  release_empty(0);
  release_empty(1);
}

}  // namespace hebb
