// Memory from the operating system, and telling AddressSanitizer which of it is in use.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace hebb {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kHugePage = 2u << 20;

inline uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

inline void* map_memory(uint64_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

// `bytes` of zeroed memory at a multiple of `alignment` (a power of two), advised for huge pages; null when there is none.
inline void* map_aligned(uint64_t bytes, uint64_t alignment) {
  const uint64_t extra = alignment > kPage ? alignment - kPage : 0;
  char* p = static_cast<char*>(map_memory(bytes + extra));
  if (p == nullptr) return nullptr;
  const uint64_t head = (alignment - reinterpret_cast<uintptr_t>(p) % alignment) % alignment;
  if (head > 0) munmap(p, head);
  if (extra > head) munmap(p + head + bytes, extra - head);
#if defined(MADV_HUGEPAGE)
  if (bytes >= kHugePage) madvise(p + head, bytes, MADV_HUGEPAGE);
#endif
  return p + head;
}

inline void unmap(void* p, uint64_t bytes) { munmap(p, bytes); }

#if defined(__SANITIZE_ADDRESS__)
inline void poison(void* p, uint64_t bytes) { __asan_poison_memory_region(p, bytes); }
inline void unpoison(void* p, uint64_t bytes) { __asan_unpoison_memory_region(p, bytes); }
#else
inline void poison(void*, uint64_t) {}
inline void unpoison(void*, uint64_t) {}
#endif

}  // namespace hebb
