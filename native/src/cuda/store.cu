// A few numbers for the GPU, as the argument of a kernel: a copy would need pinned memory that is free again only when the
// kernels before it are done, so that a host which sets a number in every step could not run ahead of the GPU.
#include <cstring>

#include "cuda/launch.cuh"
#include "cuda/transfer.h"

namespace hebb {
namespace {

struct FewBytes {
  unsigned char at[kFewBytes];
};

__global__ void store_bytes(unsigned char* to, const __grid_constant__ FewBytes bytes, unsigned n) {
  begin_kernel();
  if (threadIdx.x < n) to[threadIdx.x] = bytes.at[threadIdx.x];
}

}  // namespace

void upload_few(void* destination, const void* source, uint64_t bytes) {
  if (bytes == 0) return;
  FewBytes few = {};
  std::memcpy(few.at, source, bytes);
  HEBB_LAUNCH(store_bytes, 1, kFewBytes, static_cast<unsigned char*>(destination), few, static_cast<unsigned>(bytes));
  check_launch("sending numbers to the GPU");
}

}  // namespace hebb
