// The GPU allocator's cache, over host memory.
#include "cuda/blockCache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

namespace {

using hebb::BlockCache;

// Counts segments, and refuses past a limit.
struct Machine {
  uint64_t limit = ~uint64_t{0}, taken = 0;
  int segments = 0;
  uint64_t time = 0;
  std::map<void*, uint64_t> sizes;
  BlockCache cache{{[this](uint64_t bytes) { return take(bytes); }, [this](void* segment) { give(segment); }}};

  ~Machine() {
    for (const auto& [segment, bytes] : sizes) std::free(segment);
  }
  void* take(uint64_t bytes) {
    if (taken + bytes > limit) return nullptr;
    void* segment = std::malloc(bytes);
    sizes[segment] = bytes;
    taken += bytes;
    ++segments;
    return segment;
  }
  void give(void* segment) {
    taken -= sizes[segment];
    sizes.erase(segment);
    std::free(segment);
  }
};

constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(BlockCache, ReusesWhatIsFree) {
  Machine m;
  void* a = m.cache.take(3 * kMiB);
  m.cache.give(a, ++m.time);
  EXPECT_EQ(m.cache.take(3 * kMiB), a);
  EXPECT_EQ(m.segments, 1);
}

TEST(BlockCache, RemembersWhenMemoryWasLastUsed) {
  Machine m;
  void* whole = m.cache.take(32 * kMiB);
  EXPECT_EQ(m.cache.take_stamp(whole), 0u);
  EXPECT_EQ(m.cache.take_stamp(whole), BlockCache::kStamped);
  m.cache.give(whole, 5);
  void* first = m.cache.take(8 * kMiB);
  void* second = m.cache.take(8 * kMiB);
  EXPECT_EQ(m.cache.take_stamp(second), 5u);
  m.cache.give(first, 9);
  m.cache.give(second, 7);
  // All of it is one block again, used last at 9.
  EXPECT_EQ(m.cache.take_stamp(m.cache.take(32 * kMiB)), 9u);
}

TEST(BlockCache, HandsOutWholeSegmentsWhereItIsNoPool) {
  Machine m;
  BlockCache cache{{[&](uint64_t bytes) { return m.take(bytes); }, [&](void* segment) { m.give(segment); }}, false};
  void* a = cache.take(100);
  void* b = cache.take(3 * kMiB + 1);
  EXPECT_EQ(m.segments, 2);
  EXPECT_EQ(cache.reserved(), 100 + 3 * kMiB + 1);
  EXPECT_EQ(cache.growth(7), 7u);
  cache.give(a, 1);
  cache.give(b, 2);
  EXPECT_EQ(m.taken, 0u);
  EXPECT_EQ(cache.reserved(), 0u);
}

TEST(BlockCache, CutsSmallBlocksOutOfOneSegment) {
  Machine m;
  void* a = m.cache.take(100);
  void* b = m.cache.take(100);
  EXPECT_EQ(static_cast<char*>(b) - static_cast<char*>(a), static_cast<std::ptrdiff_t>(BlockCache::kGrain));
  EXPECT_EQ(m.segments, 1);
  EXPECT_EQ(m.cache.reserved(), BlockCache::kSmallSegment);
}

TEST(BlockCache, GrowsFreeNeighboursTogether) {
  Machine m;
  void* whole = m.cache.take(32 * kMiB);
  m.cache.give(whole, ++m.time);
  void* parts[4];
  for (void*& part : parts) part = m.cache.take(8 * kMiB);
  EXPECT_EQ(m.segments, 1);
  for (const int i : {1, 3, 0, 2}) m.cache.give(parts[i], ++m.time);
  EXPECT_EQ(m.cache.take(32 * kMiB), whole);
}

TEST(BlockCache, TrimsOnlyWhatNobodyUses) {
  Machine m;
  void* a = m.cache.take(4 * kMiB);
  void* b = m.cache.take(6 * kMiB);
  m.cache.give(a, ++m.time);
  m.cache.trim();
  EXPECT_EQ(m.cache.reserved(), 6 * kMiB);
  EXPECT_EQ(m.taken, 6 * kMiB);
  m.cache.give(b, ++m.time);
  m.cache.trim();
  EXPECT_EQ(m.taken, 0u);
}

TEST(BlockCache, SaysWhenThereIsNoMemory) {
  Machine m;
  m.limit = 10 * kMiB;
  EXPECT_EQ(m.cache.take(11 * kMiB), nullptr);
  void* a = m.cache.take(10 * kMiB);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(m.cache.take(2 * kMiB), nullptr);
  m.cache.give(a, ++m.time);
  EXPECT_EQ(m.cache.take(2 * kMiB), a);
}

TEST(BlockCache, GrowthIsWhatTakeReserves) {
  Machine m;
  for (const uint64_t bytes : {uint64_t{1}, uint64_t{700}, kMiB, kMiB + 1, 5 * kMiB, 5 * kMiB}) {
    const uint64_t before = m.cache.reserved(), growth = m.cache.growth(bytes);
    ASSERT_NE(m.cache.take(bytes), nullptr);
    EXPECT_EQ(m.cache.reserved() - before, growth);
  }
}

TEST(BlockCache, BlocksNeverOverlap) {
  Machine m;
  std::mt19937 random(1);
  std::map<char*, uint64_t> live;
  for (int step = 0; step < 20000; ++step) {
    if (live.empty() || random() % 5 < 3) {
      const uint64_t bytes = 1 + random() % (random() % 4 == 0 ? 5 * kMiB : 20000);
      char* block = static_cast<char*>(m.cache.take(bytes));
      ASSERT_NE(block, nullptr);
      const auto next = live.lower_bound(block);
      const bool clear_above = next == live.end() || block + bytes <= next->first;
      const bool clear_below = next == live.begin() || std::prev(next)->first + std::prev(next)->second <= block;
      ASSERT_TRUE(clear_above && clear_below);
      live[block] = bytes;
    } else {
      auto victim = std::next(live.begin(), static_cast<long>(random() % live.size()));
      m.cache.give(victim->first, ++m.time);
      live.erase(victim);
    }
    if (step % 1000 == 0) m.cache.trim();
  }
  for (const auto& [block, bytes] : live) m.cache.give(block, ++m.time);
  m.cache.trim();
  EXPECT_EQ(m.taken, 0u);
  EXPECT_EQ(m.cache.reserved(), 0u);
}

}  // namespace
