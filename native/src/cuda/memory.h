// The GPU's memory: allocated through a cache, counted, limited by a budget; and scratch for kernels.
#pragma once

#include <cstdint>
#include <functional>

#include "hebb/abi.h"

namespace hebb {

int allocate(uint64_t bytes, void** data, hebb_error* error);
void release(void* data, uint64_t bytes);
// The last call (cuda/order.h) that may have used this memory: before it was allocated, the first time, and any from then on.
uint64_t take_last_use(void* data);
void memory(hebb_memory* out);
void reset_peak();
void set_budget(uint64_t bytes);
void trim();

// What allocates on the GPU past the cache (graphs, libraries, modules) may run out of memory that the cache holds free: where
// `attempt` returns false, the cache gives it back and `attempt` is called once more. What it returned last.
template <typename Attempt>
bool with_room(const Attempt& attempt) {
  if (attempt()) return true;
  trim();
  return attempt();
}

// Scratch taken from one to the other is used again at every replay of a recording. Replays come one after the other in the
// stream, so that all recordings share their scratch, apart from all else; the last to be dropped gives it back.
void begin_recorded_scratch();
// From now on a command of this number takes it, and gets none that another has used unless it comes after that: `follows`.
// Without a call all commands come one after the other.
void begin_recorded_command(uint32_t command, std::function<bool(uint32_t)> follows);
void end_recorded_scratch(bool keep);
void drop_recorded_scratch();

// Memory that launches made while it lives may use, also after it is gone: whoever gets it next comes later in the stream. Throws
// when there is none. Counted as reserved, not as live.
class Scratch {
 public:
  explicit Scratch(uint64_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  bool recorded_ = false;
};

}  // namespace hebb
