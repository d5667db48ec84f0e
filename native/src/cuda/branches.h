// Which commands of a step wait for which: one that touches what another writes, or writes what another reads. The others may run
// side by side.
#pragma once

#include <cstdint>
#include <vector>

#include "hebb/abi.h"

namespace hebb {

// Commands go by their numbers, from 0 on.
class Branches {
 public:
  Branches(const hebb_call* calls, uint32_t count);

  // The earlier commands that one waits for, without those that one of these waits for.
  const std::vector<uint32_t>& waits(uint32_t command) const { return waits_[command]; }

  // Whether a command comes after an earlier one, by others or not.
  bool follows(uint32_t command, uint32_t earlier) const { return before_[command][earlier]; }

  // Whether some command need not wait for the one before it.
  bool fork() const;

 private:
  struct Access {
    uintptr_t begin, end;
    bool writes;
  };
  using Accesses = std::vector<Access>;

  static Accesses accesses(const hebb_call& call);
  static bool collide(const Accesses& a, const Accesses& b);
  void add(Accesses own);

  std::vector<Accesses> commands_;
  std::vector<std::vector<uint32_t>> waits_;
  std::vector<std::vector<bool>> before_;  // of each command: all that it comes after
};

}  // namespace hebb
