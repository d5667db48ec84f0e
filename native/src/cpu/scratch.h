// Memory that a kernel needs while it runs: one growing block per host thread and use, so that no call allocates twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace hebb {

class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::free(block_); }

  // At least `bytes`, aligned for every vector width; what was there before is lost.
  void* get(size_t bytes) {
    if (bytes <= size_) return block_;
    std::free(block_);
    block_ = nullptr;
    size_ = 0;
    const size_t page = bytes < kHugePage ? kPage : kHugePage;
    if (bytes > SIZE_MAX - page) throw std::bad_alloc();
    const size_t rounded = (bytes + page - 1) / page * page;
    block_ = std::aligned_alloc(page, rounded);
    if (block_ == nullptr) throw std::bad_alloc();
#if defined(__linux__)
    if (page == kHugePage) madvise(block_, rounded, MADV_HUGEPAGE);
#endif
    size_ = rounded;
    return block_;
  }

  template <typename T>
  T* array(int64_t count) {
    return static_cast<T*>(get(static_cast<size_t>(count) * sizeof(T)));
  }

 private:
  static constexpr size_t kPage = 4096;
  static constexpr size_t kHugePage = size_t{2} << 20;
  void* block_ = nullptr;
  size_t size_ = 0;
};

// Each tag has its own block per host thread, so that uses that nest cannot meet.
template <typename Tag>
Scratch& thread_scratch() {
  static thread_local Scratch scratch;
  return scratch;
}

}  // namespace hebb
