// Every block an allocation of its own and of its very size, so that AddressSanitizer sees kernels that leave theirs. The
// engine's own cache has a test in blockCache_test.cpp.
#include "cuda/blockCache.h"

namespace hebb {

void* BlockCache::take(uint64_t bytes) {
  char* block = static_cast<char*>(source_.take(bytes));
  if (block == nullptr) return nullptr;
  blocks_[block] = {bytes, block, false, false, 0};
  reserved_ += bytes;
  return block;
}

void BlockCache::give(void* data, uint64_t) {
  const auto block = blocks_.find(static_cast<char*>(data));
  reserved_ -= block->second.size;
  blocks_.erase(block);
  source_.give(data);
}

uint64_t BlockCache::take_stamp(void*) { return kStamped; }

void BlockCache::trim() {}

uint64_t BlockCache::growth(uint64_t bytes) const { return bytes; }

}  // namespace hebb
