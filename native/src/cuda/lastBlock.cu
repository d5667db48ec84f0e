#include <utility>

#include "cuda/capture.h"
#include "cuda/lastBlock.cuh"
#include "cuda/memory.h"

namespace hebb {
namespace {

constexpr int64_t kCounters = int64_t{1} << 16;

__global__ void clear(unsigned* counters) {
  begin_kernel();
  for_elements(kCounters, [&](int64_t i) { counters[i] = 0; });
}

// Null without memory.
unsigned* make_counters() {
  void* made = nullptr;
  if (!with_room([&] { return cudaMalloc(&made, kCounters * sizeof(unsigned)) == cudaSuccess; })) {
    cudaGetLastError();  // no error of a later launch
    return nullptr;
  }
  HEBB_LAUNCH(clear, grid_for(kCounters), kThreads, static_cast<unsigned*>(made));
  check_launch("clearing counters");
  return static_cast<unsigned*>(made);
}

}  // namespace

unsigned* block_counters(int64_t count) {
  static unsigned* counters = nullptr;
  Capture* capture = present_capture();
  // Launches that no graph holds come one after the other.
  int64_t none = 0, &taken = capture == nullptr ? none : capture->counters;
  if (counters == nullptr && capture == nullptr) counters = make_counters();
  if (counters == nullptr || count > kCounters - taken) return nullptr;
  return counters + std::exchange(taken, taken + count);
}

}  // namespace hebb
