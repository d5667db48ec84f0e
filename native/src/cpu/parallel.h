// Threads. Chunks depend on the problem only, never on the number of threads, so that results are the same bits for any number.
#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <omp.h>

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

// Below this many bytes touched, waking a second thread costs more than it saves.
constexpr int64_t kSerialBytes = 64 * 1024;

// Calls body(begin, end) over [0, n) in chunks of `grain`. Bodies write disjoint outputs.
template <typename Body>
void parallel_for(int64_t n, int64_t grain, const Body& body) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  const int64_t chunks = (n + grain - 1) / grain;
  const int threads = chunks < thread_count() ? static_cast<int>(chunks) : thread_count();
  if (threads <= 1) {
    for (int64_t begin = 0; begin < n; begin += grain) body(begin, begin + grain < n ? begin + grain : n);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const FlushDenormals flush;
#pragma omp for schedule(static) nowait
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const int64_t begin = chunk * grain;
      body(begin, begin + grain < n ? begin + grain : n);
    }
  }
}

}  // namespace hebb
