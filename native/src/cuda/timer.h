// How long work takes on the GPU, and which of several ways of doing it takes the least.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <optional>

#include "cuda/device.h"
#include "cuda/error.h"

namespace hebb {

class Timer {
 public:
  Timer() {
    for (cudaEvent_t& event : events_) check_cuda(cudaEventCreateWithFlags(&event, 0), "creating an event");
  }
  ~Timer() {
    for (cudaEvent_t event : events_) cudaEventDestroy(event);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  template <typename Work>
  float milliseconds(const Work& work) {
    check_cuda(cudaEventRecord(events_[0], stream()), kWhat);
    work();
    check_cuda(cudaEventRecord(events_[1], stream()), kWhat);
    check_cuda(cudaEventSynchronize(events_[1]), kWhat);
    float elapsed = 0;
    check_cuda(cudaEventElapsedTime(&elapsed, events_[0], events_[1]), kWhat);
    return elapsed;
  }

 private:
  static constexpr const char* kWhat = "timing what is tried out";

  cudaEvent_t events_[2] = {};
};

// Each of `count` ways runs once, and then three times by the clock. run(i) is false where the way is refused: it is left out.
template <typename Run>
std::optional<size_t> fastest(size_t count, const Run& run) {
  constexpr int runs = 3;
  Timer timer;
  std::optional<size_t> best;
  float least = 0;
  for (size_t i = 0; i < count; ++i) {
    bool ran = run(i);
    if (!ran) continue;
    const float took = timer.milliseconds([&] {
      for (int k = 0; k < runs; ++k) ran = run(i) && ran;
    });
    if (ran && (!best || took < least)) best = i, least = took;
  }
  return best;
}

}  // namespace hebb
