// The table behind every tensor: buffers with reference counts, named by 31-bit handles (slot and generation) that JavaScript
// passes as small integers. One table per Node environment, used from its thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "hebb/abi.h"

namespace hebb {

struct Buffer {
  void* data = nullptr;
  uint64_t bytes = 0;
  uint32_t references = 0;
  uint32_t generation = 1;
  uint32_t next_free = 0;
  uint32_t device = 0;
  // Runs in flight that use it: its memory stays until they have ended, released or not.
  uint32_t pins = 0;
  // The last run in flight that writes it.
  uint64_t writer = 0;
};

class HandleTable {
 public:
  static constexpr uint32_t kSlotBits = 20;
  static constexpr uint32_t kMaxSlots = 1u << kSlotBits;
  static constexpr uint32_t kMaxGeneration = (1u << 11) - 1;

  HandleTable() { buffers_.reserve(1024); }

  // Zero when the table is full.
  uint32_t insert(void* data, uint64_t bytes, uint32_t device);
  // Null when the handle is stale or was never given out.
  Buffer* find(uint32_t handle) {
    const uint32_t slot = handle & (kMaxSlots - 1);
    if (slot >= buffers_.size()) return nullptr;
    Buffer& buffer = buffers_[slot];
    return buffer.references > 0 && buffer.generation == handle >> kSlotBits ? &buffer : nullptr;
  }
  // The buffer of a handle that is pinned, whether it has references or not.
  Buffer& pinned(uint32_t handle) { return buffers_[handle & (kMaxSlots - 1)]; }
  // Frees the slot of a buffer whose last reference and pin went; the caller has released its memory.
  void erase(uint32_t handle);

  template <typename Body>
  void for_each_live(const Body& body) {
    for (Buffer& buffer : buffers_)
      if (buffer.references > 0) body(buffer);
  }
  // Buffers of a device, those included that only a run in flight holds.
  uint32_t live(uint32_t device) const;

 private:
  std::vector<Buffer> buffers_;
  // First in, first out: a slot rests as long as possible before its generation moves on, so stale handles are caught.
  uint32_t free_head_ = kNone;
  uint32_t free_tail_ = kNone;
  uint32_t free_count_ = 0;

  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kRestingSlots = 256;
};

}  // namespace hebb
