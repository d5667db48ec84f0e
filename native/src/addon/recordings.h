// The recordings of a program: one for each set of places in memory that its slots came to, of those seen last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hebb/abi.h"

namespace hebb {

class Recordings {
 public:
  explicit Recordings(const hebb_backend* backend) : backend_(backend), wanted_(backend->record != nullptr) {}
  ~Recordings();
  Recordings(const Recordings&) = delete;
  Recordings& operator=(const Recordings&) = delete;

  // Of a call that makes so many runs each may come to places of its own: all of them are kept, for 16 calls or 256 in all.
  void make_room(size_t runs);
  // The recording of calls over these places, or null where they have to be run. It is made when the same places come a second
  // time: what never comes again is not worth one, and by then the calls have run.
  void* find(const std::vector<void*>& places, const std::vector<hebb_call>& calls);
  bool wanted() const { return wanted_; }

 private:
  struct Entry {
    std::vector<void*> places;
    void* recording;
    uint64_t used;
  };

  Entry* entry_of(const std::vector<void*>& places);
  Entry& oldest_or_new();

  const hebb_backend* backend_;
  bool wanted_;  // false, too, once a program turned out not to be recordable
  uint64_t now_ = 0;
  size_t most_ = 1;
  size_t next_ = 0;  // where the search begins
  std::vector<Entry> entries_;
};

}  // namespace hebb
