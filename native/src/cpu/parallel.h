// Threads. Chunks depend on the problem only, never on the number of threads, so that results are the same bits for any number.
#pragma once

#include <algorithm>
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <omp.h>

#include "cpu/shares.h"

namespace hebb {

// Denormals cost elementwise code an order of magnitude: flush them while a kernel runs, and give the host thread its mode back.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#endif
};

int thread_count();

// Items that a thread has of many chunks: enough that the last are short, few enough that taking them costs nothing.
constexpr int64_t kItems = 32;

// Below this many bytes touched, waking a second thread costs more than it saves.
constexpr int64_t kSerialBytes = 64 * 1024;

// Calls body(item, thread) for every item, on `threads` threads; no two run at once with the same thread.
template <Order order = Order::kForward, typename Body>
void share_out(int64_t items, int threads, const Body& body) {
  if (threads <= 1) {
    for (int64_t i = 0; i < items; ++i) body(order == Order::kForward ? i : items - 1 - i, 0);
    return;
  }
  Shares shares(items, threads);
#pragma omp parallel num_threads(threads)
  {
    const FlushDenormals flush;
    const int thread = omp_get_thread_num();
    for (int64_t item = 0; shares.next<order>(thread, item);) body(item, thread);
  }
}

// Calls body(begin, end) over [0, n) in chunks of `grain`. Bodies write disjoint outputs.
template <Order order = Order::kForward, typename Body>
void parallel_for(int64_t n, int64_t grain, const Body& body) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  const int64_t chunks = (n + grain - 1) / grain;
  const int threads = static_cast<int>(std::min<int64_t>(chunks, thread_count()));
  const int64_t together = std::max<int64_t>(1, chunks / (threads * kItems));
  share_out<order>((chunks + together - 1) / together, threads, [&](int64_t item, int) {
    const int64_t first = item * together, count = std::min(together, chunks - first);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t begin = (order == Order::kForward ? first + i : first + count - 1 - i) * grain;
      body(begin, std::min(begin + grain, n));
    }
  });
}

}  // namespace hebb
