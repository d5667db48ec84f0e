// Indices, labels and the like are only known to be in range on the GPU. A kernel that meets a bad one writes what it saw into a
// record, does nothing with it and goes on; the next download reads the record and fails. The first bad element of the first op
// stays, so that the message is the same at every run.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "hebb/abi.h"

namespace hebb {

enum class FaultKind : int32_t { kIndex, kLabel, kDivisor, kAdamStep };

struct FaultRecord {
  unsigned long long key;  // order of launch and position; all ones: no fault
  long long value, position, limit;
  const char* op;  // a string of the host
  FaultKind kind;
  int lock;
};

constexpr unsigned long long kNoFault = ~0ull;
constexpr int kPositionBits = 40;

// Passed to a kernel that checks: where to write, and what to say.
struct FaultSite {
  FaultRecord* record;
  unsigned long long sequence;
  const char* op;
  long long limit;
  FaultKind kind;

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
  __device__ void report(long long value, long long position) const {
    const unsigned long long key = sequence << kPositionBits | static_cast<unsigned long long>(position);
    if (atomicMin(&record->key, key) <= key) return;
    // Taking and leaving the lock stand in one branch, so that no thread of a warp waits for one that waits for it.
    for (bool done = false; !done;) {
      if (atomicCAS(&record->lock, 0, 1) != 0) continue;
      __threadfence();
      // Another may have been the first meanwhile.
      if (atomicMin(&record->key, key) == key) {
        record->value = value;
        record->position = position;
        record->limit = limit;
        record->op = op;
        record->kind = kind;
      }
      __threadfence();
      atomicExch(&record->lock, 0);
      done = true;
    }
  }
#endif
};

// The site of the next launch.
FaultSite fault_site(const char* op, FaultKind kind, int64_t limit);

// Marks the record as empty, in the order of the stream.
void reset_faults();

// What a record read back says: HEBB_OK, or the error that the CPU's kernel gives.
int report_fault(const FaultRecord& record, hebb_error& error);

}  // namespace hebb
