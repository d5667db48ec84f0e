#include "addon/recordings.h"

#include <algorithm>

namespace hebb {
namespace {

// As many as there may be steps in flight, each with results of its own, and their successors.
constexpr size_t kMostCalls = 16;
// Graphs take memory: this many runs of calls are replayed and no more.
constexpr size_t kMost = 256;

}  // namespace

Recordings::~Recordings() {
  for (const Entry& entry : entries_)
    if (entry.recording != nullptr) backend_->forget(entry.recording);
}

void Recordings::make_room(size_t runs) { most_ = std::max(most_, std::min(kMostCalls * runs, kMost)); }

void* Recordings::find(const std::vector<void*>& places, const std::vector<hebb_call>& calls) {
  if (!wanted_) return nullptr;
  Entry* known = entry_of(places);
  if (known == nullptr) {
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

// Runs come in turns: after one comes the one that came after it before.
Recordings::Entry* Recordings::entry_of(const std::vector<void*>& places) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    const size_t at = (next_ + i) % entries_.size();
    if (entries_[at].places != places) continue;
    next_ = at + 1;
    return &entries_[at];
  }
  return nullptr;
}

Recordings::Entry& Recordings::oldest_or_new() {
  if (entries_.size() < most_) return entries_.emplace_back();
  return *std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
}

}  // namespace hebb
