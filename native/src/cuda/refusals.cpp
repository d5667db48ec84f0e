#include "cuda/refusals.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

namespace hebb {
namespace {

struct Refusals {
  std::set<std::string> told;
  RefusalCounts counts;
};

// Never destroyed: ops may run while the process exits.
Refusals& known() {
  static Refusals& instance = *new Refusals;
  return instance;
}

bool wants_log() {
  const char* value = std::getenv("HEBB_CUDA_LOG");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

}  // namespace

void note_refusal(const Refusal& refusal) {
  ++known().counts.all;
  if (!known().told.insert(std::string(refusal.by) + "\n" + refusal.what).second) return;
  ++known().counts.kinds;
  if (wants_log())
    std::fprintf(stderr, "hebb: refused: %s, %s: %s; instead: %s\n", refusal.by, refusal.what.c_str(), refusal.reason.c_str(),
                 refusal.instead.c_str());
}

std::string first_lines(const std::string& log) {
  constexpr int most = 6;
  std::istringstream lines(log.c_str());  // what is counted with its final zero ends there
  std::string text;
  int count = 0;
  for (std::string line; count < most && std::getline(lines, line);)
    if (!line.empty()) text += (count++ == 0 ? "" : " | ") + line;
  return count == 0 ? "no log" : text;
}

RefusalCounts refusals() { return known().counts; }

}  // namespace hebb
