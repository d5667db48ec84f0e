// What NVIDIA's libraries refuse is done by code of our own that takes longer, which results do not show. So refusals are
// counted, and with HEBB_CUDA_LOG=1 each is told on stderr. Plain C++: tested on machines without a GPU.
#pragma once

#include <cstdint>
#include <string>

namespace hebb {

struct Refusal {
  const char* by;      // the library
  std::string what;    // op, shapes and dtype
  std::string reason;  // what the library said
  std::string instead;
};

// A line "hebb: refused: …" the first time; the same again is only counted. The backend's lock keeps others away.
void note_refusal(const Refusal& refusal);

// Of a compiler's log, as much as a person reads: some lines, on one. "no log" where it is empty.
std::string first_lines(const std::string& log);

struct RefusalCounts {
  uint64_t kinds = 0;  // different ones
  uint64_t all = 0;
};
RefusalCounts refusals();

}  // namespace hebb
