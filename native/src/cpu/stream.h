// Writing past the caches what they cannot hold: memory then need not be read before it is written.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace hebb {

// Results of this many bytes leave the caches before anybody reads them.
constexpr int64_t kStreamedBytes = int64_t{32} << 20;

// Copies `bytes` to where no cache will hold them. Other threads see them after the end of a parallel loop, as ever.
inline void stream_copy(const void* from, void* to, int64_t bytes) {
  int64_t done = 0;
#if defined(__x86_64__)
  if (reinterpret_cast<uintptr_t>(to) % 16 == 0) {
    for (; done + 16 <= bytes; done += 16) {
      const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(static_cast<const char*>(from) + done));
      _mm_stream_si128(reinterpret_cast<__m128i*>(static_cast<char*>(to) + done), part);
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
#endif
  std::memcpy(static_cast<char*>(to) + done, static_cast<const char*>(from) + done, static_cast<size_t>(bytes - done));
}

}  // namespace hebb
