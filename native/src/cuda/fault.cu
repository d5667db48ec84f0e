#include "cpu/indices.h"
#include "cuda/device.h"
#include "cuda/fault.h"
#include "cuda/launch.cuh"
#include "ops/adam.h"
#include "ops/softmaxCrossEntropy.h"

namespace hebb {
namespace {

unsigned long long g_sequence = 0;

__global__ void clear(FaultRecord* record) {
  *record = {};
  record->key = kNoFault;
}

}  // namespace

FaultSite fault_site(const char* op, FaultKind kind, int64_t limit) {
  // Past so many launches without a download, the order of the last ones is lost, not their faults.
  constexpr unsigned long long last = (1ull << (64 - kPositionBits)) - 2;
  if (g_sequence < last) ++g_sequence;
  return {device().faults, g_sequence, op, limit, kind};
}

void reset_faults() {
  g_sequence = 0;
  HEBB_LAUNCH(clear, 1, 1, device().faults);
  check_launch("clearing the fault record");
}

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
