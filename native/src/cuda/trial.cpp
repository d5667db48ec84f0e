#include "cuda/trial.h"

#include <algorithm>
#include <limits>

#include "cuda/device.h"
#include "cuda/error.h"

namespace hebb {
namespace {

// Of these the shortest counts, since others may use the GPU meanwhile.
constexpr size_t kRunsOfEach = 5;
// Of long ones fewer tell: in milliseconds.
constexpr size_t kRunsOfLong = 2;
constexpr float kLong = 5;

cudaEvent_t timed_event() {
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, 0), "creating an event");
  return event;
}

}  // namespace

Trial::~Trial() { forget(); }

int Trial::begin() {
  timing_ = best_ == kOpen && !tried();
  if (best_ == kOpen && !timing_) decide();
  if (best_ != kOpen) return best_;
  const int way = static_cast<int>(runs_.size()) % ways_;
  if (!timing_) return way;
  runs_.push_back({way, nullptr, nullptr});
  runs_.back().began = timed_event();
  runs_.back().ended = timed_event();
  check_cuda(cudaEventRecord(runs_.back().began, stream()), "timing a step");
  return way;
}

void Trial::end() {
  if (timing_) check_cuda(cudaEventRecord(runs_.back().ended, stream()), "timing a step");
}

bool Trial::tried() const {
  const auto ways = static_cast<size_t>(ways_);
  return runs_.size() == kRunsOfEach * ways || (runs_.size() == kRunsOfLong * ways && takes_long());
}

bool Trial::takes_long() const {
  float took = 0;
  const Run& first = runs_.front();
  const bool known =
      cudaEventQuery(first.ended) == cudaSuccess && cudaEventElapsedTime(&took, first.began, first.ended) == cudaSuccess;
  if (!known) cudaGetLastError();  // no error of a later launch
  return known && took >= kLong;
}

// Not before the last run has ended.
void Trial::decide() {
  if (cudaEventQuery(runs_.back().ended) != cudaSuccess) {
    cudaGetLastError();  // no error of a later launch
    return;
  }
  shortest_.assign(static_cast<size_t>(ways_), std::numeric_limits<float>::infinity());
  for (const Run& run : runs_) {
    float took = 0;
    check_cuda(cudaEventElapsedTime(&took, run.began, run.ended), "timing a step");
    float& shortest = shortest_[static_cast<size_t>(run.way)];
    shortest = std::min(shortest, took);
  }
  best_ = static_cast<int>(std::min_element(shortest_.begin(), shortest_.end()) - shortest_.begin());
  forget();
}

void Trial::forget() {
  for (const Run& run : runs_)
    for (cudaEvent_t event : {run.began, run.ended})
      if (event != nullptr) cudaEventDestroy(event);
  runs_.clear();
}

}  // namespace hebb
