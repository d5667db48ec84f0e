#include "addon/recordings.h"

#include <algorithm>

namespace hebb {
namespace {

// As many as there may be steps in flight, each with results of its own, and their successors.
constexpr size_t kMost = 16;

}  // namespace

Recordings::~Recordings() {
  for (const Entry& entry : entries_)
    if (entry.recording != nullptr) backend_->forget(entry.recording);
}

void* Recordings::find(const std::vector<void*>& places, const std::vector<hebb_call>& calls) {
  if (!wanted_) return nullptr;
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.places == places; });
  if (known == entries_.end()) {
    Entry& entry = oldest_or_new();
    if (entry.recording != nullptr) backend_->forget(entry.recording);
    entry = {places, nullptr, ++now_};
    return nullptr;
  }
  known->used = ++now_;
  if (known->recording != nullptr) return known->recording;
  hebb_error error;
  const auto count = static_cast<uint32_t>(calls.size());
  wanted_ = backend_->record(calls.data(), count, &known->recording, &error) == HEBB_OK && known->recording != nullptr;
  return known->recording;
}

Recordings::Entry& Recordings::oldest_or_new() {
  if (entries_.size() < kMost) return entries_.emplace_back();
  return *std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
}

}  // namespace hebb
