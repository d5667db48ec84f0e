// What the files that call oneDNN share: its engine, planning for one thread, scratch offsets and the cache of ready primitives.
#pragma once

#include <omp.h>

#include <cstring>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>

#include "dnnl.hpp"

namespace hebb::onednn {

using Desc = dnnl::memory::desc;

inline const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

inline dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

// oneDNN plans for the team size that it finds, and results may depend on it: plan and run for one thread.
class OneThread {
 public:
  OneThread() : saved_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(saved_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int saved_;
};

inline int64_t round_up(int64_t bytes) { return (bytes + 4095) / 4096 * 4096; }

inline dnnl::memory wrap(const Desc& desc, const void* at) { return dnnl::memory(desc, engine(), const_cast<void*>(at)); }

// Steps past reference code; false when nothing else is left.
template <typename PrimitiveDesc>
bool optimised(PrimitiveDesc& desc) {
  while (std::string(desc.impl_info_str()).find("ref") != std::string::npos)
    if (!desc.next_impl()) return false;
  return true;
}

// What make() returns; null where oneDNN has only reference code, or nothing at all.
template <typename Make>
auto plan(bool one_thread, const Make& make) -> decltype(make()) {
  std::optional<OneThread> guard;
  if (one_thread) guard.emplace();
  try {
    return make();
  } catch (const dnnl::error& failure) {
    if (failure.status == dnnl_out_of_memory) throw std::bad_alloc();
    return nullptr;
  }
}

template <typename Key>
struct KeyHash {
  size_t operator()(const Key& key) const {
    static_assert(sizeof(Key) % 8 == 0, "a key is read as words");
    uint64_t hash = 14695981039346656037u;
    uint64_t words[sizeof(Key) / 8];
    std::memcpy(words, &key, sizeof key);
    for (const uint64_t word : words) hash = (hash ^ word) * 1099511628211u;
    return hash ^ (hash >> 32);
  }
};

// The primitives used last; refusals (null) are remembered too. A key is made of 64-bit words only.
template <typename Key, typename Prepared>
class Cache {
 public:
  using Entry = std::shared_ptr<const Prepared>;

  // make(): an entry.
  template <typename Make>
  Entry get(const Key& key, const Make& make) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    const Entry made = make();
    if (entries_.size() >= kCapacity) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, made);
    index_[key] = entries_.begin();
    return made;
  }

 private:
  struct Same {
    bool operator()(const Key& a, const Key& b) const { return std::memcmp(&a, &b, sizeof a) == 0; }
  };
  static constexpr size_t kCapacity = 512;
  using List = std::list<std::pair<Key, Entry>>;
  List entries_;
  std::unordered_map<Key, typename List::iterator, KeyHash<Key>, Same> index_;
};

}  // namespace hebb::onednn
