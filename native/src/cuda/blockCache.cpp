#include "cuda/blockCache.h"

#include <algorithm>

namespace hebb {

uint64_t BlockCache::segment_bytes(uint64_t size) {
  if (size <= kSmall) return kSmallSegment;
  return (size + kLargeGrain - 1) / kLargeGrain * kLargeGrain;
}

BlockCache::Free::const_iterator BlockCache::fit(uint64_t size) const {
  const Free& list = free_list(size <= kSmall);
  return list.lower_bound({size, nullptr});
}

uint64_t BlockCache::growth(uint64_t bytes) const {
  if (!pooled_) return bytes;
  const uint64_t size = rounded(bytes);
  return fit(size) == free_list(size <= kSmall).end() ? segment_bytes(size) : 0;
}

BlockCache::Blocks::iterator BlockCache::grow(uint64_t size) {
  const uint64_t bytes = segment_bytes(size);
  char* segment = static_cast<char*>(source_.take(bytes));
  if (segment == nullptr) return blocks_.end();
  reserved_ += bytes;
  segments_[segment] = bytes;
  return blocks_.insert({segment, {bytes, segment, size <= kSmall, true, 0}}).first;
}

// Leaves the block `size` bytes, where the rest is worth a block of its own.
void BlockCache::split(Blocks::iterator block, uint64_t size) {
  Block& b = block->second;
  const uint64_t rest = b.size - size;
  if (rest < (b.small ? kGrain : kSmall)) return;
  char* at = block->first + size;
  blocks_.insert({at, {rest, b.segment, b.small, true, b.stamp}});
  free_list(b.small).insert({rest, at});
  b.size = size;
}

void* BlockCache::take_segment(uint64_t bytes) {
  char* segment = static_cast<char*>(source_.take(bytes));
  if (segment == nullptr) return nullptr;
  blocks_[segment] = {bytes, segment, false, false, 0};
  reserved_ += bytes;
  return segment;
}

void* BlockCache::take(uint64_t bytes) {
  if (!pooled_) return take_segment(bytes);
  const uint64_t size = rounded(bytes);
  const bool small = size <= kSmall;
  const auto found = fit(size);
  Blocks::iterator block;
  if (found != free_list(small).end()) {
    block = blocks_.find(found->second);
    free_list(small).erase(found);
  } else {
    block = grow(size);
    if (block == blocks_.end()) return nullptr;
  }
  block->second.free = false;
  split(block, size);
  return block->first;
}

bool BlockCache::joins(Blocks::const_iterator first, Blocks::const_iterator second) const {
  return first->second.segment == second->second.segment && first->second.free && second->second.free;
}

void BlockCache::give(void* data, uint64_t stamp) {
  auto block = blocks_.find(static_cast<char*>(data));
  if (block == blocks_.end() || block->second.free) return;
  if (!pooled_) {
    reserved_ -= block->second.size;
    blocks_.erase(block);
    return source_.give(data);
  }
  Free& list = free_list(block->second.small);
  block->second.free = true;
  block->second.stamp = stamp;
  const auto next = std::next(block);
  if (next != blocks_.end() && joins(block, next)) {
    list.erase({next->second.size, next->first});
    block->second.size += next->second.size;
    block->second.stamp = std::max(block->second.stamp, next->second.stamp);
    blocks_.erase(next);
  }
  if (block != blocks_.begin()) {
    const auto previous = std::prev(block);
    if (joins(previous, block)) {
      list.erase({previous->second.size, previous->first});
      previous->second.size += block->second.size;
      previous->second.stamp = std::max(previous->second.stamp, block->second.stamp);
      blocks_.erase(block);
      block = previous;
    }
  }
  list.insert({block->second.size, block->first});
}

uint64_t BlockCache::take_stamp(void* block) {
  const auto found = blocks_.find(static_cast<char*>(block));
  return found == blocks_.end() ? kStamped : std::exchange(found->second.stamp, kStamped);
}

void BlockCache::trim() {
  for (auto segment = segments_.begin(); segment != segments_.end();) {
    const auto block = blocks_.find(segment->first);
    if (!block->second.free || block->second.size != segment->second) {
      ++segment;
      continue;
    }
    free_list(block->second.small).erase({block->second.size, block->first});
    blocks_.erase(block);
    source_.give(segment->first);
    reserved_ -= segment->second;
    segment = segments_.erase(segment);
  }
}

}  // namespace hebb
