#include "addon/queue.h"

#include <utility>

namespace hebb {

ProgramQueue::ProgramQueue(std::function<void()> progress) : progress_(std::move(progress)), thread_([this] { work(); }) {}

ProgramQueue::~ProgramQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

uint64_t ProgramQueue::begin(std::shared_ptr<Program> program, std::vector<SlotMemory> slots) {
  const uint64_t ticket = ++begun_;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back({ticket, std::move(program), std::move(slots)});
  }
  changed_.notify_all();
  return ticket;
}

bool ProgramQueue::wait(double ticket) {
  if (!(ticket <= static_cast<double>(begun_))) return false;
  const auto ended = [&] { return static_cast<double>(finished()) >= ticket; };
  if (ended()) return true;
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, ended);
  return true;
}

bool ProgramQueue::take_failure(Failure& failure) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_ == nullptr) return false;
    failure = *failure_;
  }
  // Those behind it are skipped as long as the failure stands.
  wait_for_all();
  const std::lock_guard<std::mutex> lock(mutex_);
  failure_.reset();
  return true;
}

void ProgramQueue::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (failure_ == nullptr) {
      lock.unlock();
      execute(job);
      lock.lock();
    }
    job.program.reset();
    finished_.store(job.ticket, std::memory_order_release);
    changed_.notify_all();
    lock.unlock();
    progress_();
    lock.lock();
  }
}

void ProgramQueue::execute(Job& job) {
  auto failure = std::make_unique<Failure>();
  if (job.program->run(job.slots.data(), job.slots.size(), nullptr, failure->error)) return;
  failure->ticket = job.ticket;
  const std::lock_guard<std::mutex> lock(mutex_);
  failure_ = std::move(failure);
}

}  // namespace hebb
