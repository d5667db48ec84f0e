// Programs that run on a thread of their own, one after the other, while JavaScript goes on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "addon/program.h"
#include "hebb/abi.h"

namespace hebb {

struct Failure {
  uint64_t ticket;
  RunError error;
};

class ProgramQueue {
 public:
  // `progress` is called on the queue's thread whenever a program has ended.
  explicit ProgramQueue(std::function<void()> progress);
  // Waits for the program that runs, and forgets those behind it.
  ~ProgramQueue();
  ProgramQueue(const ProgramQueue&) = delete;
  ProgramQueue& operator=(const ProgramQueue&) = delete;

  // The run's ticket: 1, 2, 3… After one that failed, none runs until the failure was taken.
  uint64_t begin(std::shared_ptr<Program> program, std::vector<SlotMemory> slots);
  // False, at once, for a ticket that was not given out.
  bool wait(double ticket);
  void wait_for_all() { wait(static_cast<double>(begun_)); }
  uint64_t finished() const { return finished_.load(std::memory_order_acquire); }
  // Takes the failure, if there is one; those begun after the run that failed have not run.
  bool take_failure(Failure& failure);

 private:
  struct Job {
    uint64_t ticket;
    std::shared_ptr<Program> program;
    std::vector<SlotMemory> slots;
  };

  void work();
  void execute(Job& job);

  const std::function<void()> progress_;
  uint64_t begun_ = 0;  // JavaScript's thread only
  std::atomic<uint64_t> finished_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::unique_ptr<Failure> failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hebb
