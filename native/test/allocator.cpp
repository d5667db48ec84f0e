// The caching allocator through the C table.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness.h"

using namespace hebb_test;

namespace {

hebb_memory usage() {
  hebb_memory m;
  table().memory(&m);
  return m;
}

void* take(uint64_t bytes) {
  void* p = nullptr;
  hebb_error error = {};
  EXPECT_EQ(table().allocate(bytes, &p, &error), HEBB_OK) << error.message;
  return p;
}

}  // namespace

TEST(Allocator, AlignedUsableAndReused) {
  for (const uint64_t bytes : {1ull, 64ull, 65ull, 1000ull, 70000ull, 1048576ull, 1048577ull, 5000000ull, 40000001ull}) {
    void* p = take(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0u);
    std::memset(p, 1, bytes);
    table().release(p, bytes);
    EXPECT_EQ(take(bytes), p) << bytes;
    table().release(p, bytes);
  }
}

TEST(Allocator, NothingIsLegal) {
  const uint64_t live = usage().live_bytes;
  void* p = take(0);
  EXPECT_NE(p, nullptr);
  EXPECT_EQ(usage().live_bytes, live);
  table().release(p, 0);
  table().release(nullptr, 0);
}

TEST(Allocator, BlocksDoNotOverlap) {
  std::vector<std::pair<char*, uint64_t>> blocks;
  std::mt19937 engine(1);
  for (int i = 0; i < 3000; ++i) {
    const uint64_t bytes = 1 + engine() % (i % 100 == 0 ? 3000000u : 5000u);
    blocks.emplace_back(static_cast<char*>(take(bytes)), bytes);
    std::memset(blocks.back().first, 0, bytes);
  }
  std::sort(blocks.begin(), blocks.end());
  for (size_t i = 1; i < blocks.size(); ++i) EXPECT_LE(blocks[i - 1].first + blocks[i - 1].second, blocks[i].first);
  for (const auto& [p, bytes] : blocks) table().release(p, bytes);
}

TEST(Allocator, Statistics) {
  const uint64_t live = usage().live_bytes;
  table().reset_peak();
  void* a = take(1000);
  void* b = take(3000000);
  EXPECT_EQ(usage().live_bytes, live + 3001000);
  table().release(b, 3000000);
  table().release(a, 1000);
  EXPECT_EQ(usage().live_bytes, live);
  EXPECT_EQ(usage().peak_bytes, live + 3001000);
  EXPECT_GE(usage().reserved_bytes, 3001000u);
  table().reset_peak();
  EXPECT_EQ(usage().peak_bytes, live);
}

TEST(Allocator, TrimReturnsMemory) {
  void* a = take(50000000);
  void* b = take(2000);
  table().release(a, 50000000);
  const uint64_t before = usage().reserved_bytes;
  table().trim();
  EXPECT_LE(usage().reserved_bytes + 50000000, before);
  std::memset(b, 1, 2000);
  table().release(b, 2000);
  table().trim();
  void* c = take(2000);
  std::memset(c, 1, 2000);
  table().release(c, 2000);
}

TEST(Allocator, Budget) {
  const uint64_t live = usage().live_bytes;
  table().set_budget(live + 10000000);
  void* a = take(6000000);
  void* p = &a;
  hebb_error error = {};
  EXPECT_EQ(table().allocate(5000000, &p, &error), HEBB_OUT_OF_MEMORY);
  EXPECT_EQ(p, nullptr);
  const std::string message = error.message;
  EXPECT_NE(message.find("5000000"), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(live + 6000000)), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(live + 10000000)), std::string::npos) << message;
  void* b = take(4000000);
  table().release(a, 6000000);
  // What was freed is given back before more is reserved.
  void* c = take(5900000);
  table().release(b, 4000000);
  table().release(c, 5900000);
  table().set_budget(0);
  table().release(take(50000000), 50000000);
}

TEST(Allocator, HugeRequestsFailCleanly) {
  const hebb_memory before = usage();
  for (const uint64_t bytes : {uint64_t{1} << 62, ~uint64_t{0}, uint64_t{1} << 46, (uint64_t{1} << 46) - 1}) {
    void* p = &p;
    hebb_error error = {};
    EXPECT_EQ(table().allocate(bytes, &p, &error), HEBB_OUT_OF_MEMORY);
    EXPECT_EQ(p, nullptr);
    EXPECT_NE(std::string(error.message).find(std::to_string(bytes)), std::string::npos) << error.message;
  }
  EXPECT_EQ(usage().live_bytes, before.live_bytes);
}

// Sizes that never come back must not pile up.
TEST(Allocator, ChangingSizesStayBounded) {
  table().trim();
  const uint64_t start = usage().reserved_bytes;
  for (int i = 0; i < 400; ++i) {
    const uint64_t bytes = 2000000 + 317000ull * (i * 37 % 400);
    table().release(take(bytes), bytes);
  }
  EXPECT_LT(usage().reserved_bytes, start + 3 * 130000000ull);
  table().trim();
  for (int i = 0; i < 100; ++i) {
    std::vector<std::pair<void*, uint64_t>> blocks;
    for (int k = 0; k < 300; ++k) blocks.emplace_back(take(1000 * (i + 1)), 1000 * (i + 1));
    for (const auto& [p, bytes] : blocks) table().release(p, bytes);
  }
  EXPECT_LT(usage().reserved_bytes, start + 4 * 300 * 100000ull + (256ull << 20));
  table().trim();
}

TEST(Allocator, ManyThreads) {
  const uint64_t live = usage().live_bytes;
  const auto work = [](unsigned seed) {
    std::mt19937 engine(seed);
    std::vector<std::pair<unsigned char*, uint64_t>> held;
    for (int i = 0; i < 4000; ++i) {
      if (held.size() > 50 || (!held.empty() && engine() % 2 == 0)) {
        const size_t at = engine() % held.size();
        const auto [p, bytes] = held[at];
        if (p[0] != seed || p[bytes - 1] != seed) return false;
        table().release(p, bytes);
        held[at] = held.back();
        held.pop_back();
      } else {
        const uint64_t bytes = 1 + engine() % (i % 50 == 0 ? 4000000u : 20000u);
        void* p = nullptr;
        hebb_error error = {};
        if (table().allocate(bytes, &p, &error) != HEBB_OK) return false;
        held.emplace_back(static_cast<unsigned char*>(p), bytes);
        held.back().first[0] = held.back().first[bytes - 1] = static_cast<unsigned char>(seed);
      }
      if (i % 1000 == 500) table().trim();
    }
    for (const auto& [p, bytes] : held) table().release(p, bytes);
    return true;
  };
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) threads.emplace_back([&, t] { good[t] = work(t + 1); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 1));
  EXPECT_EQ(usage().live_bytes, live);
}
