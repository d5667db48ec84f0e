// Blocks up to 1 MiB come from size classes carved out of arenas; larger ones own a mapping and are reused best-fit.
#include "cpu/allocator.h"

#include <mutex>
#include <new>

#include "cpu/arenas.h"
#include "cpu/kernel.h"
#include "cpu/memoryLimit.h"
#include "cpu/regions.h"

namespace hebb {
namespace {

// No address space holds more; also keeps every sum below from wrapping.
constexpr uint64_t kMaxBytes = uint64_t{1} << 46;

struct State {
  std::mutex mutex;
  Arenas arenas;
  Regions regions;
  uint64_t live = 0;
  uint64_t peak = 0;
  uint64_t budget = default_budget();

  uint64_t reserved() const { return arenas.reserved() + regions.reserved(); }
  void trim() {
    arenas.trim();
    regions.trim(0);
  }
  uint64_t growth(uint64_t bytes) const {
    return bytes <= kLargestClass ? arenas.growth(size_class(bytes)) : regions.growth(bytes);
  }
  void* take(uint64_t bytes) { return bytes <= kLargestClass ? arenas.take(size_class(bytes)) : regions.take(bytes); }
  // The books have memory of their own to run out of; no exception may cross the C table.
  void* take_or_null(uint64_t bytes) {
    try {
      return take(bytes);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
};

// Never destroyed: worker threads may release blocks while the process exits.
State& state() {
  static State& instance = *new State;
  return instance;
}

// What an empty array points at.
alignas(64) char g_nothing[64];

}  // namespace

int allocate(uint64_t bytes, void** data, hebb_error* error) {
  *data = g_nothing;
  if (bytes == 0) return HEBB_OK;
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  const bool over_budget = s.budget != 0 && (bytes > s.budget || s.live > s.budget - bytes);
  if (over_budget) {
    *data = nullptr;
    return fail(*error, HEBB_OUT_OF_MEMORY,
                "allocating %llu bytes would exceed the memory budget: %llu bytes are in use and the budget is %llu. Free "
                "tensors, use a smaller batch or raise the budget",
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(s.live),
                static_cast<unsigned long long>(s.budget));
  }
  void* block = nullptr;
  if (bytes <= kMaxBytes) {
    if (s.budget != 0 && s.reserved() + s.growth(bytes) > s.budget && s.growth(bytes) > 0) s.trim();
    block = s.take_or_null(bytes);
    if (block == nullptr) {
      s.trim();
      block = s.take_or_null(bytes);
    }
  }
  if (block == nullptr) {
    *data = nullptr;
    return fail(*error, HEBB_OUT_OF_MEMORY, "the system has no memory for %llu more bytes: %llu bytes are in use",
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(s.live));
  }
  s.live += bytes;
  if (s.live > s.peak) s.peak = s.live;
  *data = block;
  return HEBB_OK;
}

void release(void* data, uint64_t bytes) {
  if (data == nullptr || bytes == 0) return;
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.live -= bytes;
  if (bytes <= kLargestClass)
    s.arenas.give(data, size_class(bytes));
  else
    s.regions.give(data);
}

void memory(hebb_memory* out) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  *out = {s.live, s.reserved(), s.peak, s.budget};
}

void reset_peak() {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.peak = s.live;
}

void set_budget(uint64_t bytes) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.budget = bytes;
}

void trim() {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.trim();
}

}  // namespace hebb
