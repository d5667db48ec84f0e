#include <memory>
#include <utility>

#include "cpu/indices.h"
#include "cuda/device.h"
#include "cuda/fault.h"
#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "ops/adam.h"
#include "ops/softmaxCrossEntropy.h"

namespace hebb {
namespace {

thread_local Faults* t_faults = nullptr;

// Of calls on nobody's behalf.
Faults& nobodys() {
  static Faults& faults = *make_faults();
  return faults;
}

Faults& faults() { return t_faults != nullptr ? *t_faults : nobodys(); }

__global__ void clear(FaultRecord* record) {
  begin_kernel();
  *record = {};
  record->key = kNoFault;
}

void empty(Faults& faults) {
  faults.sequence = 0;
  HEBB_LAUNCH(clear, 1, 1, faults.record);
  check_launch("clearing the fault record");
}

}  // namespace

Faults* make_faults() {
  auto made = std::make_unique<Faults>();
  cudaError_t status = cudaSuccess;
  void** const at = reinterpret_cast<void**>(&made->record);
  with_room([&] { return (status = cudaMalloc(at, sizeof(FaultRecord))) == cudaSuccess; });
  check_cuda(status, "reserving memory");
  empty(*made);
  return made.release();
}

void drop_faults(Faults* faults) {
  if (t_faults == faults) t_faults = nullptr;
  cudaFree(faults->record);
  delete faults;
}

void act_for(Faults* faults) { t_faults = faults; }

FaultRecord* fault_record() { return faults().record; }

unsigned long long count_launches_from(unsigned long long sequence) { return std::exchange(faults().sequence, sequence); }

FaultSite fault_site(const char* op, FaultKind kind, int64_t limit) {
  // Past so many launches without a download, the order of the last ones is lost, not their faults.
  constexpr unsigned long long last = (1ull << (64 - kPositionBits)) - 2;
  Faults& of = faults();
  if (of.sequence < last) ++of.sequence;
  return {of.record, of.sequence, op, limit, kind};
}

void reset_faults() { empty(faults()); }

int report_fault(const FaultRecord& record, hebb_error& error) {
  if (record.key == kNoFault) return HEBB_OK;
  double step;
  std::memcpy(&step, &record.value, sizeof step);
  switch (record.kind) {
    case FaultKind::kLabel:
      return fail_label(error, record.op, record.value, record.position, record.limit);
    case FaultKind::kDivisor:
      return fail(error, HEBB_BAD_RANGE, "mod: expected integer divisors other than 0, received a 0");
    case FaultKind::kAdamStep:
      return fail_adam_step(error, step);
    default:
      return fail_index(error, record.op, record.value, record.position, record.limit);
  }
}

}  // namespace hebb
