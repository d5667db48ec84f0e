// Work shared out among the threads of a team.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace hebb {

// Backwards over what was just walked, a thread first meets what its caches still hold.
enum class Order { kForward, kBackward };

// Items [0, n), fewer than 2^32, a range of neighbours for each thread, so that call after call a thread meets the memory that
// its cache holds. A thread that is done takes items from the ends of the others' ranges: nobody waits for one that the system
// has taken away.
class Shares {
 public:
  Shares(int64_t items, int threads) : count_(std::min(threads, kMostRanges)) {
    for (int i = 0; i < count_; ++i)
      ranges_[i].both.store(packed(i * items / count_, (i + 1) * items / count_), std::memory_order_relaxed);
  }

  // An item for this thread, in the order of its range; false where none is left.
  template <Order order = Order::kForward>
  bool next(int thread, int64_t& item) {
    constexpr bool forward = order == Order::kForward;
    const int own = thread % count_;
    if (take<forward>(ranges_[own], item)) return true;
    for (int i = 1; i < count_; ++i)
      if (take<!forward>(ranges_[(own + i) % count_], item)) return true;
    return false;
  }

 private:
  static constexpr int kMostRanges = 64;  // threads beyond share them
  struct alignas(64) Range {
    std::atomic<uint64_t> both;  // its begin and end
  };

  static uint64_t packed(int64_t begin, int64_t end) { return static_cast<uint64_t>(begin) << 32 | static_cast<uint64_t>(end); }

  template <bool First>
  static bool take(Range& range, int64_t& item) {
    uint64_t both = range.both.load(std::memory_order_relaxed);
    for (;;) {
      const int64_t begin = static_cast<int64_t>(both >> 32), end = static_cast<int64_t>(both & 0xffffffffu);
      if (begin >= end) return false;
      const uint64_t rest = First ? packed(begin + 1, end) : packed(begin, end - 1);
      if (!range.both.compare_exchange_weak(both, rest, std::memory_order_relaxed)) continue;
      item = First ? begin : end - 1;
      return true;
    }
  }

  int count_;
  Range ranges_[kMostRanges];
};

}  // namespace hebb
