// Indices, labels and the like are only known to be in range on the GPU. A kernel that meets a bad one writes what it saw into a
// record, does nothing with it and goes on; the next download reads the record and fails. The first bad element of the first op
// stays, so that the message is the same at every run. Each caller of the table (abi.h) has a record of its own.
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

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
// Whether a record holds any, which another block may write meanwhile.
__device__ inline bool is_fault(FaultRecord* record) {
  return __nv_atomic_load_n(&record->key, __NV_ATOMIC_RELAXED, __NV_THREAD_SCOPE_DEVICE) != kNoFault;
}
#endif

// Passed to a kernel that checks: where to write, and what to say.
struct FaultSite {
  FaultRecord* record;
  unsigned long long sequence;
  const char* op;
  long long limit;
  FaultKind kind;

#if defined(__CUDACC__) || defined(HEBB_EMULATED)
  // Whether anything bad was met since the last read, by this launch or one before: what follows from it is not to be kept.
  __device__ bool met() const { return is_fault(record); }
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

// What kernels met on one caller's behalf.
struct Faults {
  FaultRecord* record = nullptr;  // in the GPU's memory
  unsigned long long sequence = 0;
};

// Throws without memory.
Faults* make_faults();
void drop_faults(Faults* faults);

// This thread's calls, from now on; null: with all others that nobody is named for.
void act_for(Faults* faults);

// Of the caller that this thread acts for.
FaultRecord* fault_record();

// Counts this caller's launches from here on; returns where it was. What is recorded counts from 0, so that the first of a step
// stays, whichever of its recordings met it.
unsigned long long count_launches_from(unsigned long long sequence);

// The site of the next launch.
FaultSite fault_site(const char* op, FaultKind kind, int64_t limit);

// Marks the caller's record as empty, in the order of the stream.
void reset_faults();

// What a record read back says: HEBB_OK, or the error that the CPU's kernel gives.
int report_fault(const FaultRecord& record, hebb_error& error);

}  // namespace hebb
