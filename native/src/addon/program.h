// A command list that is decoded and checked once, and then replayed: a compiled step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "addon/recordings.h"
#include "hebb/abi.h"

namespace hebb {

// Where a run takes the memory of a slot from.
struct SlotMemory {
  void* data;
  uint64_t bytes;
};

// Why a run failed, and where: the command, and the time of several; -1 before the first.
struct RunError {
  hebb_error error;
  double command = -1;
  double time = -1;
};

class Program {
 public:
  // Decodes words [slots, arena bytes, commands, command…]. A command is [opcode, outputs, inputs, attributes, operand…,
  // attribute…], an operand [slot, dtype, rank, dim…] where slot −1 − k means byte k of the arena. Runs on behalf of the
  // backend's `caller`. Null with `error` filled when anything is off.
  static Program* create(const hebb_backend* backend, void* caller, const double* words, size_t count, hebb_error& error);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const hebb_backend* backend() const { return backend_; }
  size_t slots() const { return slot_bytes_.size(); }
  size_t commands() const { return commands_.size(); }
  bool writes(size_t slot) const { return slot_written_[slot]; }

  // Replays all commands over these slots, after checking that every slot is large enough; several times over where there are
  // several times as many. Adds the milliseconds of each command to `spent`, unless it is null.
  bool run(const SlotMemory* slots, size_t count, double* spent, RunError& error);

 private:
  struct SlotUse {
    size_t view;
    size_t slot;
  };

  Program(const hebb_backend* backend, void* caller) : backend_(backend), caller_(caller), recordings_(backend) {}
  bool decode(const double* words, size_t count, hebb_error& error);
  void point_calls();
  bool run_once(const SlotMemory* slots, double* spent, RunError& error);
  bool run_commands(double* spent, RunError& error);
  bool decode_command(class WordReader& reader, hebb_error& error);
  bool decode_operand(class WordReader& reader, bool written, hebb_error& error);

  const hebb_backend* backend_;
  void* caller_;
  void* arena_ = nullptr;
  uint64_t arena_bytes_ = 0;
  std::vector<uint64_t> slot_bytes_;
  std::vector<bool> slot_written_;
  std::vector<hebb_call> commands_;
  std::vector<hebb_view> views_;
  std::vector<SlotUse> uses_;
  std::vector<double> attributes_;
  std::vector<void*> places_;
  Recordings recordings_;
};

}  // namespace hebb
