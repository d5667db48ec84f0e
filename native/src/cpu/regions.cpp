#include "cpu/regions.h"

#include <algorithm>
#include <new>

#include "cpu/mapping.h"

namespace hebb {
namespace {

// The reserve stays below one and a half times the peak plus this.
constexpr uint64_t kSlack = 64u << 20;

// Whole pages, and whole huge pages from 16 MiB on, where they waste at most an eighth.
uint64_t region_bytes(uint64_t bytes) { return round_up(bytes, bytes >= 8 * kHugePage ? kHugePage : bytes / 8 / kPage * kPage); }

}  // namespace

Regions::Free::const_iterator Regions::fit(uint64_t wanted) const {
  const auto found = free_.lower_bound(wanted);
  return found != free_.end() && found->first <= wanted + wanted / 4 ? found : free_.end();
}

uint64_t Regions::growth(uint64_t bytes) const {
  const uint64_t wanted = region_bytes(bytes);
  return fit(wanted) == free_.end() ? wanted : 0;
}

void* Regions::reuse(Free::const_iterator found, uint64_t* size) {
  *size = found->first;
  void* block = found->second;
  free_.erase(found);
  return block;
}

void* Regions::map_new(uint64_t wanted, uint64_t* size) {
  const uint64_t peak = std::max(peak_bytes_, live_bytes_ + wanted);
  const uint64_t cap = peak + peak / 2 + kSlack;
  if (reserved_ + wanted > cap) {
    // A loose fit is better than giving memory back and asking for it again.
    const auto loose = free_.lower_bound(wanted);
    if (loose != free_.end() && loose->first <= 2 * wanted) return reuse(loose, size);
    trim(cap - wanted);
  }
  void* block = map_aligned(wanted, wanted >= kHugePage ? kHugePage : kPage);
  if (block != nullptr) reserved_ += wanted;
  *size = wanted;
  return block;
}

void* Regions::take(uint64_t bytes) {
  const uint64_t wanted = region_bytes(bytes);
  const auto found = fit(wanted);
  uint64_t size = 0;
  void* block = found != free_.end() ? reuse(found, &size) : map_new(wanted, &size);
  if (block == nullptr) return nullptr;
  live_[block] = size;
  live_bytes_ += size;
  peak_bytes_ = std::max(peak_bytes_, live_bytes_);
  unpoison(block, size);
  poison(static_cast<char*>(block) + round_up(bytes, 8), size - round_up(bytes, 8));
  return block;
}

void Regions::give(void* block) {
  const auto found = live_.find(block);
  if (found == live_.end()) return;
  const uint64_t size = found->second;
  live_.erase(found);
  live_bytes_ -= size;
  try {
    free_.emplace(size, block);
    poison(block, size);
  } catch (const std::bad_alloc&) {
    unmap(block, size);
    reserved_ -= size;
  }
}

void Regions::trim(uint64_t target) {
  while (reserved_ > target && !free_.empty()) {
    const auto last = std::prev(free_.end());
    unpoison(last->second, last->first);
    unmap(last->second, last->first);
    reserved_ -= last->first;
    free_.erase(last);
  }
}

}  // namespace hebb
