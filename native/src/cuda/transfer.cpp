#include "cuda/transfer.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstring>

#include "cuda/capture.h"
#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/fault.h"
#include "cuda/memory.h"
#include "cuda/order.h"

namespace hebb {
namespace {

// Two buffers: one is filled while the other is on its way.
struct Staging {
  static constexpr uint64_t kBytes = uint64_t{4} << 20;
  void* buffer[2] = {};
  cudaEvent_t passed[2] = {};
  FaultRecord* faults = nullptr;
  int next = 0;

  Staging() {
    for (int i = 0; i < 2; ++i) {
      check_cuda(cudaHostAlloc(&buffer[i], kBytes, cudaHostAllocDefault), "reserving pinned memory");
      check_cuda(cudaEventCreateWithFlags(&passed[i], cudaEventDisableTiming), "creating an event");
    }
    check_cuda(cudaHostAlloc(reinterpret_cast<void**>(&faults), sizeof(FaultRecord), cudaHostAllocDefault),
               "reserving pinned memory");
  }
  // The next buffer, once nothing reads or writes it any more.
  int take() {
    const int i = next;
    next ^= 1;
    check_cuda(cudaEventSynchronize(passed[i]), "waiting for a transfer");
    return i;
  }
  void mark(int i, cudaStream_t on) { check_cuda(cudaEventRecord(passed[i], on), "recording an event"); }
};

// The backend's lock keeps others away.
Staging& staging() {
  static Staging& instance = *new Staging;
  return instance;
}

}  // namespace

namespace {

void upload_on(cudaStream_t on, void* destination, const void* source, uint64_t bytes) {
  Staging& s = staging();
  for (uint64_t done = 0; done < bytes; done += Staging::kBytes) {
    const uint64_t n = std::min(bytes - done, Staging::kBytes);
    const int i = s.take();
    std::memcpy(s.buffer[i], static_cast<const char*>(source) + done, n);
    check_cuda(cudaMemcpyAsync(static_cast<char*>(destination) + done, s.buffer[i], n, cudaMemcpyHostToDevice, on),
               "copying to the GPU");
    s.mark(i, on);
  }
}

// Below this a copy is not worth a stream of its own.
constexpr uint64_t kLarge = uint64_t{64} << 10;

}  // namespace

void upload_in_order(void* destination, const void* source, uint64_t bytes) {
  refuse_capture("a transfer");
  if (bytes <= kFewBytes) return upload_few(destination, source, bytes);
  upload_on(stream(), destination, source, bytes);
}

void upload(void* destination, const void* source, uint64_t bytes) {
  refuse_capture("a transfer");
  if (bytes < kLarge) return upload_in_order(destination, source, bytes);
  copies_wait_for(take_last_use(destination));
  upload_on(device().copies, destination, source, bytes);
  kernels_wait_for_copies();
}

int download(void* destination, const void* source, uint64_t bytes, hebb_error& error) {
  refuse_capture("a transfer");
  Staging& s = staging();
  check_cuda(cudaMemcpyAsync(s.faults, fault_record(), sizeof(FaultRecord), cudaMemcpyDeviceToHost, stream()),
             "copying from the GPU");
  uint64_t waiting = 0;  // bytes of the chunk before, which lie in `before`
  int before = 0;
  for (uint64_t done = 0; done < bytes; done += Staging::kBytes) {
    const uint64_t n = std::min(bytes - done, Staging::kBytes);
    const int i = s.take();
    check_cuda(cudaMemcpyAsync(s.buffer[i], static_cast<const char*>(source) + done, n, cudaMemcpyDeviceToHost, stream()),
               "copying from the GPU");
    s.mark(i, stream());
    if (waiting > 0) {
      check_cuda(cudaEventSynchronize(s.passed[before]), "waiting for a transfer");
      std::memcpy(static_cast<char*>(destination) + done - waiting, s.buffer[before], waiting);
    }
    before = i;
    waiting = n;
  }
  check_cuda(cudaStreamSynchronize(stream()), "waiting for the GPU");
  calls_have_ended();
  if (waiting > 0) std::memcpy(static_cast<char*>(destination) + bytes - waiting, s.buffer[before], waiting);
  const int status = report_fault(*s.faults, error);
  if (status != HEBB_OK) reset_faults();
  return status;
}

}  // namespace hebb
