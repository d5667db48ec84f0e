#include "addon/handles.h"

#include <algorithm>

namespace hebb {

uint32_t HandleTable::insert(void* data, uint64_t bytes, uint32_t device) {
  uint32_t slot;
  if (free_count_ > kRestingSlots || (free_count_ > 0 && buffers_.size() == kMaxSlots)) {
    slot = free_head_;
    free_head_ = buffers_[slot].next_free;
    if (free_head_ == kNone) free_tail_ = kNone;
    --free_count_;
  } else {
    if (buffers_.size() == kMaxSlots) return 0;
    slot = static_cast<uint32_t>(buffers_.size());
    buffers_.emplace_back();
  }
  Buffer& buffer = buffers_[slot];
  buffer.data = data;
  buffer.bytes = bytes;
  buffer.device = device;
  buffer.references = 1;
  buffer.pins = 0;
  buffer.writer = 0;
  return buffer.generation << kSlotBits | slot;
}

void HandleTable::erase(uint32_t handle) {
  const uint32_t slot = handle & (kMaxSlots - 1);
  Buffer& buffer = buffers_[slot];
  buffer.data = nullptr;
  buffer.bytes = 0;
  buffer.references = 0;
  buffer.generation = buffer.generation == kMaxGeneration ? 1 : buffer.generation + 1;
  buffer.next_free = kNone;
  if (free_tail_ == kNone) {
    free_head_ = slot;
  } else {
    buffers_[free_tail_].next_free = slot;
  }
  free_tail_ = slot;
  ++free_count_;
}

uint32_t HandleTable::live(uint32_t device) const {
  return static_cast<uint32_t>(std::count_if(buffers_.begin(), buffers_.end(), [device](const Buffer& buffer) {
    return buffer.device == device && (buffer.references > 0 || buffer.pins > 0);
  }));
}

}  // namespace hebb
