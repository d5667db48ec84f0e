#include "cuda/order.h"

#include <array>
#include <atomic>

#include "cuda/device.h"
#include "cuda/error.h"

namespace hebb {
namespace {

std::atomic<uint64_t> g_calls{0};

// The last of the calls whose work is known to have ended; the backend's lock keeps others away.
uint64_t g_ended = 0;

struct Mark {
  cudaEvent_t event = nullptr;
  uint64_t call = 0;  // all work up to it comes before the mark
};

void record(cudaEvent_t& event, cudaStream_t on) {
  if (event == nullptr) check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "creating an event");
  check_cuda(cudaEventRecord(event, on), "recording an event");
}

// The last marks, oldest first from `next` on.
struct Marks {
  std::array<Mark, 16> ring;
  size_t next = 0;

  const Mark& add(uint64_t call) {
    Mark& mark = ring[next];
    record(mark.event, stream());
    mark.call = call;
    next = (next + 1) % ring.size();
    return mark;
  }
  // The first that stands behind the call, or null.
  const Mark* behind(uint64_t call) const {
    for (size_t i = 0; i < ring.size(); ++i) {
      const Mark& mark = ring[(next + i) % ring.size()];
      if (mark.event != nullptr && mark.call >= call) return &mark;
    }
    return nullptr;
  }
};

Marks& marks() {
  static Marks& instance = *new Marks;
  return instance;
}

}  // namespace

void begin_call() { g_calls.fetch_add(1, std::memory_order_relaxed); }

uint64_t last_call() { return g_calls.load(std::memory_order_relaxed); }

void mark_calls() { marks().add(last_call()); }

void calls_have_ended() { g_ended = last_call(); }

void copies_wait_for(uint64_t call) {
  // Not even for a mark: the first behind the call may stand behind the step that the copy is to travel beside.
  if (call <= g_ended) return;
  const Mark* known = marks().behind(call);
  const Mark& mark = known != nullptr ? *known : marks().add(last_call());
  check_cuda(cudaStreamWaitEvent(device().copies, mark.event, 0), "ordering a transfer");
}

void kernels_wait_for_copies() {
  static cudaEvent_t copied = nullptr;
  record(copied, device().copies);
  check_cuda(cudaStreamWaitEvent(stream(), copied, 0), "ordering a transfer");
}

}  // namespace hebb
