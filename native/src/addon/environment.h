// All state of one Node environment (the main thread, or one worker thread): backends, the handle table, the command words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/handles.h"
#include "addon/program.h"
#include "addon/queue.h"
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
  const Program* program(uint32_t number) const { return number < programs_.size() ? programs_[number].get() : nullptr; }
  // Replays a program over the slots in the words, [slots, handle, offset, handle, offset…], several times where there are
  // several times as many slots. Everything in flight ends before. `spent` as in Program::run.
  bool run_program(uint32_t program, double* spent, RunError& error);
  // The same on a thread of its own: the run's ticket, or 0 with `error` filled.
  uint64_t begin_program(uint32_t program, hebb_error& error);
  // What is called there when a run ends, and what is told here whether anything is in flight.
  void wake_with(std::function<void()> wake, std::function<void(bool alive)> keep_alive) {
    wake_ = std::move(wake);
    keep_alive_ = std::move(keep_alive);
    keep_alive_(false);
  }
  // The last run that ended, after letting go of what it used.
  uint64_t settle();
  // False for a ticket that nobody was given.
  bool wait_for(double ticket) { return ticket <= 0 || (queue_ != nullptr && queue_->wait(ticket)); }
  // Waits for the runs in flight that write this buffer.
  void wait_for(const Buffer& buffer) {
    if (buffer.writer > 0) wait_for(static_cast<double>(buffer.writer));
  }
  void wait_for_all() {
    if (queue_ != nullptr) queue_->wait_for_all();
  }
  bool take_failure(Failure& failure) { return queue_ != nullptr && queue_->take_failure(failure); }
  // Ends what runs and forgets what waits.
  void stop();

  // A new buffer of this many bytes with one reference; zero with `error` filled.
  uint32_t create(uint32_t device, uint64_t bytes, hebb_error& error);
  // A new buffer on `device` with the bytes of another; zero with `error` filled.
  uint32_t copy(uint32_t handle, uint32_t device, hebb_error& error);
  bool retain(uint32_t handle);
  // False when the handle is stale: nothing is freed twice.
  bool release(uint32_t handle);
  Buffer* find(uint32_t handle) { return handles_.find(handle); }
  uint32_t live(uint32_t device) const { return handles_.live(device); }

  // Stops and frees every buffer: the environment is going away, and JavaScript with it.
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
  bool resolve(Operand& operand, bool written, int64_t bytes, uint32_t device, hebb_error& error);
  bool read_slots(const Program& program, std::vector<SlotMemory>& slots, hebb_error& error);
  void pin(const Program& program, size_t count, uint64_t ticket);
  void unpin(uint32_t handle);
  void free(uint32_t handle, const Buffer& buffer);

  std::vector<const hebb_backend*> backends_;
  std::vector<void*> callers_;  // who this environment is to each of them
  HandleTable handles_;
  double* words_ = nullptr;
  size_t word_count_ = 0;
  std::vector<uint32_t> created_;
  std::vector<hebb_view> views_;
  struct Flight {
    uint64_t ticket;
    std::vector<uint32_t> pinned;
  };

  std::vector<std::shared_ptr<Program>> programs_;
  std::vector<SlotMemory> slot_memory_;
  std::deque<Flight> flights_;
  std::function<void()> wake_ = [] {};
  std::function<void(bool alive)> keep_alive_ = [](bool) {};
  std::unique_ptr<ProgramQueue> queue_;
  int owners_ = 1;
};

[[gnu::format(printf, 3, 4)]] bool refuse(hebb_error& error, int status, const char* format, ...);

}  // namespace hebb
