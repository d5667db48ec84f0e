#include "cuda/refusals.h"

#include <set>
#include <sstream>

#include "cuda/log.h"

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

}  // namespace

void note_refusal(const Refusal& refusal) {
  ++known().counts.all;
  if (!known().told.insert(std::string(refusal.by) + "\n" + refusal.what).second) return;
  ++known().counts.kinds;
  log_line("refused", refusal.by + (", " + refusal.what + ": " + refusal.reason + "; instead: " + refusal.instead));
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
