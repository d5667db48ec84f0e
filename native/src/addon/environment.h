// All state of one Node environment (the main thread, or one worker thread): backends, the handle table, the command words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "addon/handles.h"
#include "addon/program.h"
#include "hebb/abi.h"

namespace hebb {

class Environment {
 public:
  // Opens a backend library; returns its device number, or -1 with `error` filled.
  int open(const char* path, std::string& error);
  const hebb_backend* backend(uint32_t device) const { return device < backends_.size() ? backends_[device] : nullptr; }

  void bind_words(double* words, size_t count) {
    words_ = words;
    word_count_ = count;
  }
  double* words() { return words_; }
  size_t word_count() const { return word_count_; }

  // Executes the commands in words [1, words[0]); see commands.cpp for their layout. Fills `error` and undoes on failure.
  bool run(hebb_error& error);

  // Registers a command list; its number, or -1 with `error` filled.
  int register_program(uint32_t device, const double* words, size_t count, hebb_error& error);
  void release_program(uint32_t program);
  // Replays a program over the handles in words [1, 1 + slots). On failure `failed` is the command's place, or -1.
  bool run_program(uint32_t program, hebb_error& error, double& failed);

  // A new buffer of this many bytes with one reference; zero with `error` filled.
  uint32_t create(uint32_t device, uint64_t bytes, hebb_error& error);
  bool retain(uint32_t handle);
  // False when the handle is stale: nothing is freed twice.
  bool release(uint32_t handle);
  Buffer* find(uint32_t handle) { return handles_.find(handle); }
  uint32_t live() const { return handles_.live(); }

  // Frees every buffer: the environment is going away, and JavaScript with it.
  void close();

  // GC tokens outlive the environment's cleanup: it is deleted with the last of its owners.
  void own() { ++owners_; }
  void disown() {
    if (--owners_ == 0) delete this;
  }

 private:
  struct Operand {
    uint32_t handle;
    hebb_view view;
  };

  size_t run_command(size_t at, size_t end, std::vector<uint32_t>& created, hebb_error& error);
  bool read_operand(size_t& at, size_t end, Operand& operand, int64_t& bytes, hebb_error& error);
  bool resolve(Operand& operand, int64_t bytes, uint32_t device, hebb_error& error);

  std::vector<const hebb_backend*> backends_;
  HandleTable handles_;
  double* words_ = nullptr;
  size_t word_count_ = 0;
  std::vector<uint32_t> created_;
  std::vector<hebb_view> views_;
  std::vector<std::unique_ptr<Program>> programs_;
  std::vector<SlotMemory> slot_memory_;
  int owners_ = 1;
};

[[gnu::format(printf, 3, 4)]] bool refuse(hebb_error& error, int status, const char* format, ...);

}  // namespace hebb
