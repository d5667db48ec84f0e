// A command list that is decoded and checked once, and then replayed: a compiled step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hebb/abi.h"

namespace hebb {

// Where a run takes the memory of a slot from.
struct SlotMemory {
  void* data;
  uint64_t bytes;
};

class Program {
 public:
  // Decodes words [slots, arena bytes, commands, command…]. A command is [opcode, outputs, inputs, attributes, operand…,
  // attribute…], an operand [slot, dtype, rank, dim…] where slot −1 − k means byte k of the arena. Null with `error` filled when
  // anything is off.
  static Program* create(const hebb_backend* backend, const double* words, size_t count, hebb_error& error);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  size_t slots() const { return slot_bytes_.size(); }
  uint64_t arena_bytes() const { return arena_bytes_; }

  // Replays all commands over these slots, after checking that every slot is large enough. On failure `failed` is the command's
  // place.
  bool run(const SlotMemory* slots, hebb_error& error, size_t& failed);

 private:
  struct Command {
    uint32_t op;
    uint32_t outputs;
    uint32_t inputs;
    uint32_t attributes;
    size_t first_view;
    size_t first_attribute;
  };
  struct SlotUse {
    size_t view;
    size_t slot;
  };

  explicit Program(const hebb_backend* backend) : backend_(backend) {}
  bool decode(const double* words, size_t count, hebb_error& error);
  bool decode_command(class WordReader& reader, hebb_error& error);
  bool decode_operand(class WordReader& reader, hebb_error& error);

  const hebb_backend* backend_;
  void* arena_ = nullptr;
  uint64_t arena_bytes_ = 0;
  std::vector<uint64_t> slot_bytes_;
  std::vector<Command> commands_;
  std::vector<hebb_view> views_;
  std::vector<SlotUse> uses_;
  std::vector<double> attributes_;
};

}  // namespace hebb
