#include "cuda/memory.h"

#include <cuda_runtime.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "cpu/kernel.h"
#include "cuda/blockCache.h"
#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/order.h"

namespace hebb {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 46;

void* take_segment(uint64_t bytes) {
  void* data = nullptr;
  if (cudaMalloc(&data, bytes) == cudaSuccess) return data;
  cudaGetLastError();  // a failed allocation is no error of a later launch
  return nullptr;
}

// AddressSanitizer sees kernels that leave a block of the emulated engine.
bool pooled() {
#if defined(HEBB_EMULATED)
  const char* otherwise = "0";
#else
  const char* otherwise = "1";
#endif
  const char* value = std::getenv("HEBB_CUDA_POOL");
  return std::strcmp(value == nullptr ? otherwise : value, "0") != 0;
}

constexpr int64_t kNobody = -1;

struct RecordedBlock {
  void* data;
  uint64_t bytes;
  bool used;
  int64_t user = kNobody;  // the last command of the present recording
};

struct State {
  std::mutex mutex;
  // cudaFree waits for the work that uses the segment.
  BlockCache cache{{take_segment, [](void* segment) { cudaFree(segment); }}, pooled()};
  uint64_t live = 0;
  uint64_t peak = 0;
  uint64_t budget = 0;
  bool recording = false;
  int recordings = 0;
  std::vector<RecordedBlock> recorded;
  int64_t command = kNobody;  // that is being recorded
  std::function<bool(uint32_t)> follows;

  // Null when there is no memory, the cache given back and asked again. The books have memory of their own to run out of.
  void* take(uint64_t bytes) {
    if (bytes > kMaxBytes) return nullptr;
    try {
      if (budget != 0 && cache.growth(bytes) > 0 && cache.reserved() + cache.growth(bytes) > budget) cache.trim();
      void* block = cache.take(bytes);
      if (block != nullptr) return block;
      cache.trim();
      return cache.take(bytes);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  // The smallest free block of the recordings that is large enough and not in use beside this command, or a new one.
  void* take_recorded(uint64_t bytes) {
    RecordedBlock* best = nullptr;
    for (RecordedBlock& block : recorded)
      if (!block.used && block.bytes >= bytes && (best == nullptr || block.bytes < best->bytes) && comes_after(block.user))
        best = &block;
    if (best == nullptr) {
      void* data = take(bytes);
      if (data == nullptr) return nullptr;
      best = &recorded.emplace_back(RecordedBlock{data, bytes, false});
    }
    best->used = true;
    best->user = command;
    return best->data;
  }
  bool comes_after(int64_t user) const {
    return user == kNobody || user == command || !follows || follows(static_cast<uint32_t>(user));
  }
  void give_recorded(void* data) {
    for (RecordedBlock& block : recorded)
      if (block.data == data) block.used = false;
  }
  void drop_recorded_if_unused() {
    if (recordings > 0) return;
    for (const RecordedBlock& block : recorded) cache.give(block.data, last_call());
    recorded.clear();
  }
};

// Never destroyed: blocks may be released while the process exits.
State& state() {
  static State& instance = *new State;
  return instance;
}

// What an empty array points at; never read or written.
alignas(64) char g_nothing[64];

int fail_memory(hebb_error& error, uint64_t bytes, const State& s) {
  size_t free_bytes = 0, total = 0;
  if (cudaMemGetInfo(&free_bytes, &total) != cudaSuccess) cudaGetLastError();
  return fail(
      error, HEBB_OUT_OF_MEMORY,
      "the GPU has no memory for %llu more bytes: %llu bytes are in use, %llu are reserved, and %llu of %llu are free. Free "
      "tensors or use a smaller batch",
      static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(s.live),
      static_cast<unsigned long long>(s.cache.reserved()), static_cast<unsigned long long>(free_bytes),
      static_cast<unsigned long long>(total));
}

}  // namespace

int allocate(uint64_t bytes, void** data, hebb_error* error) {
  *data = g_nothing;
  if (bytes == 0) return HEBB_OK;
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  *data = nullptr;
  if (s.budget != 0 && (bytes > s.budget || s.live > s.budget - bytes))
    return fail(*error, HEBB_OUT_OF_MEMORY,
                "allocating %llu bytes would exceed the memory budget: %llu bytes are in use and the budget is %llu. Free "
                "tensors, use a smaller batch or raise the budget",
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(s.live),
                static_cast<unsigned long long>(s.budget));
  *data = s.take(bytes);
  if (*data == nullptr) return fail_memory(*error, bytes, s);
  s.live += bytes;
  if (s.live > s.peak) s.peak = s.live;
  return HEBB_OK;
}

void release(void* data, uint64_t bytes) {
  if (data == nullptr || bytes == 0) return;
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.live -= bytes;
  s.cache.give(data, last_call());
}

uint64_t take_last_use(void* data) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  return s.cache.take_stamp(data);
}

void memory(hebb_memory* out) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  *out = {s.live, s.cache.reserved(), s.peak, s.budget};
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
  s.cache.trim();
}

Scratch::Scratch(uint64_t bytes) {
  if (bytes == 0) return;
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  recorded_ = s.recording;
  data_ = recorded_ ? s.take_recorded(bytes) : s.take(bytes);
  if (data_ != nullptr) return;
  hebb_error error;
  fail_memory(error, bytes, s);
  throw EngineError(HEBB_OUT_OF_MEMORY, std::string("scratch space: ") + error.message);
}

Scratch::~Scratch() {
  if (data_ == nullptr) return;
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  if (recorded_)
    s.give_recorded(data_);
  else
    s.cache.give(data_, last_call());
}

void begin_recorded_scratch() {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.recording = true;
  s.command = kNobody;
  s.follows = nullptr;
  for (RecordedBlock& block : s.recorded) block.user = kNobody;
}

void begin_recorded_command(uint32_t command, std::function<bool(uint32_t)> follows) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.command = command;
  s.follows = std::move(follows);
}

void end_recorded_scratch(bool keep) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  s.recording = false;
  if (keep) ++s.recordings;
  s.drop_recorded_if_unused();
}

void drop_recorded_scratch() {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.mutex);
  --s.recordings;
  s.drop_recorded_if_unused();
}

}  // namespace hebb
