#include "addon/spinning.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

namespace hebb {
namespace {

using Clock = std::chrono::steady_clock;

int64_t since(Clock::time_point from) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - from).count();
}

// What libgomp does between two looks at a barrier.
void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

// Nanoseconds that a thread takes to wake on a core that idles: the middle of a few.
int64_t wake_time() {
  constexpr int kRounds = 5;
  std::mutex mutex;
  std::condition_variable turn;
  int asked = 0;
  std::atomic<int> woken{0};
  std::thread sleeper([&] {
    for (int round = 1; round <= kRounds; ++round) {
      std::unique_lock<std::mutex> lock(mutex);
      turn.wait(lock, [&] { return asked >= round; });
      woken = round;
    }
  });
  int64_t times[kRounds];
  for (int round = 1; round <= kRounds; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    const auto start = Clock::now();
    {
      const std::lock_guard<std::mutex> lock(mutex);
      asked = round;
    }
    turn.notify_one();
    while (woken < round) relax();
    times[round - 1] = since(start);
  }
  sleeper.join();
  std::sort(times, times + kRounds);
  return times[kRounds / 2];
}

// Looks at a barrier before a thread sleeps: some ten microseconds bridge the gaps between ops where waking is cheap. Where it is
// not, as on a virtual machine whose idle cores are given away, some hundred.
constexpr int kShort = 3000, kLong = 30000;
constexpr int64_t kSlowWake = 20000;

}  // namespace

void choose_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  int count = kShort;
  try {
    if (std::thread::hardware_concurrency() > 1 && wake_time() >= kSlowWake) count = kLong;
  } catch (const std::system_error&) {
    // No thread to be had: libgomp will have none either.
  }
  setenv("GOMP_SPINCOUNT", std::to_string(count).c_str(), 0);
  // With more threads than cores (eager ops beside a step in flight) waits are shorter still: ten times less so by this.
  setenv("OMP_WAIT_POLICY", "active", 0);
}

}  // namespace hebb
