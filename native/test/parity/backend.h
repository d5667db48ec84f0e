// One of the two backends under comparison.
#pragma once

#include <string>
#include <vector>

#include "cases.h"

namespace parity {

struct Outcome {
  int status = HEBB_OK;
  std::string message;
  std::vector<Array> outputs;
};

class Backend {
 public:
  // Opens a library; false with `problem` when it gives no backend.
  bool open(const std::string& path, std::string& problem);
  const hebb_backend& table() const { return *table_; }

  // Uploads the inputs, runs the op, downloads the outputs. The status is the first that any of these gave: a GPU tells of bad
  // indices when something is downloaded.
  Outcome run(uint32_t op, const Case& c) const;
  // What a recording of the call makes of the same arrays; false where it cannot be recorded.
  bool replay(uint32_t op, const Case& c, Outcome& outcome) const;

 private:
  const hebb_backend* table_ = nullptr;
};

// The op of this name; past all where there is none.
uint32_t opcode(const hebb_backend& table, const char* name);

// What is asked of one backend apart from ops: transfers, statistics, budget, refusals. Returns what failed.
std::vector<std::string> check_memory(const Backend& backend);

// Transfers among kernels that are on their way. Returns what failed.
std::vector<std::string> check_order(const Backend& backend);

// What fails of recorded steps whose launches are small.
std::vector<std::string> check_gathered(const Backend& backend);

// Long sums of one recording. Returns what failed.
std::vector<std::string> check_sums(const Backend& backend);

// Callers who each make mistakes of their own, found late or not, and the parameters that they train. Returns what failed.
std::vector<std::string> check_callers(const Backend& backend);

}  // namespace parity
