// Whether races are seen at all: `hebb_races_test WHAT` runs a kernel or transfers with or without what orders them.
// ThreadSanitizer must say nothing of the first of each pair, and must find the second.
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "cuda/together.cuh"

namespace hebb {

Device& device() {
  static Device instance;
  return instance;
}

void note_kernel() {}

namespace {

constexpr int kBlock = 64;

// Each block turns its part of x around.
__global__ void reverse(int* x, bool waits) {
  begin_kernel();
  HEBB_SHARED(int, tile, [kBlock]);
  tile[threadIdx.x] = x[blockIdx.x * kBlock + threadIdx.x];
  if (waits) __syncthreads();
  x[blockIdx.x * kBlock + threadIdx.x] = tile[kBlock - 1 - threadIdx.x];
}

// A shared number that the first thread fills again, while others may be reading it still.
__global__ void refill(int* x, bool waits) {
  begin_kernel();
  HEBB_SHARED(int, number, [1]);
  for (int i = 0; i < 2; ++i) {
    if (waits) __syncthreads();
    if (threadIdx.x == 0) number[0] = i;
    __syncthreads();
    x[threadIdx.x] += number[0];
  }
}

// Sums of neighbours within a warp, then what the other warp has found.
__global__ void exchange(int* x, bool waits) {
  begin_kernel();
  HEBB_SHARED(int, sums, [kBlock]);
  int sum = x[threadIdx.x];
  sum += __shfl_xor_sync(0xffffffffu, sum, 1);
  sums[threadIdx.x] = sum;
  if (waits) __syncthreads();
  sum += __shfl_xor_sync(0xffffffffu, sum, 2);
  x[threadIdx.x] = sum + sums[(threadIdx.x + 32) % kBlock];
}

// Each block fills its part of x, or begins where the one before ends.
__global__ void overlap(int* x, bool apart) {
  begin_kernel();
  x[blockIdx.x * (apart ? kBlock : kBlock - 1) + threadIdx.x] = static_cast<int>(threadIdx.x);
}

// Each block reads what the next one wrote.
__global__ void pass_on(int* x, int* y, bool waits) {
  const unsigned at = blockIdx.x * kBlock + threadIdx.x, all = gridDim.x * kBlock;
  x[at] = static_cast<int>(at);
  if (waits) meet_grid();
  y[at] = load_fresh(x + (at + kBlock) % all);
}

__global__ void fill(int* x) {
  begin_kernel();
  x[blockIdx.x * kBlock + threadIdx.x] = 1;
}

// A copy into what a kernel has written.
void copy_after_kernel(int* x, bool waits) {
  int* host = nullptr;
  cudaHostAlloc(reinterpret_cast<void**>(&host), kBlock * sizeof(int), cudaHostAllocDefault);
  std::memset(host, 0, kBlock * sizeof(int));
  cudaEvent_t written;
  cudaEventCreateWithFlags(&written, cudaEventDisableTiming);
  HEBB_LAUNCH(fill, 4, kBlock, x);
  cudaEventRecord(written, stream());
  if (waits) cudaStreamWaitEvent(device().copies, written, 0);
  cudaMemcpyAsync(x, host, kBlock * sizeof(int), cudaMemcpyHostToDevice, device().copies);
}

// A pinned buffer that is filled again.
void buffer_again(int* x, bool waits) {
  int* host = nullptr;
  cudaHostAlloc(reinterpret_cast<void**>(&host), kBlock * sizeof(int), cudaHostAllocDefault);
  cudaEvent_t passed;
  cudaEventCreateWithFlags(&passed, cudaEventDisableTiming);
  for (int i = 0; i < 2; ++i) {
    if (i > 0 && waits) cudaEventSynchronize(passed);
    for (int j = 0; j < kBlock; ++j) host[j] = i;
    cudaMemcpyAsync(x, host, kBlock * sizeof(int), cudaMemcpyHostToDevice, device().copies);
    cudaEventRecord(passed, device().copies);
  }
}

}  // namespace

int run(const std::string& what, bool good) {
  cudaStreamCreateWithFlags(&device().stream, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&device().copies, cudaStreamNonBlocking);
  int* x = nullptr;
  cudaMalloc(reinterpret_cast<void**>(&x), 16 * kBlock * sizeof(int));
  const std::map<std::string, std::function<void()>> cases = {
      {"block", [&] { HEBB_LAUNCH(reverse, 1, kBlock, x, good); }},
      {"refill", [&] { HEBB_LAUNCH(refill, 1, kBlock, x, good); }},
      {"warps", [&] { HEBB_LAUNCH(exchange, 1, kBlock, x, good); }},
      {"grid", [&] { HEBB_LAUNCH(overlap, 4, kBlock, x, good); }},
      {"together", [&] { HEBB_LAUNCH_TOGETHER(pass_on, 4, kBlock, 16, x, x + 8 * kBlock, good); }},
      {"streams", [&] { copy_after_kernel(x, good); }},
      {"buffer", [&] { buffer_again(x, good); }},
  };
  cases.at(what)();
  cudaStreamSynchronize(stream());
  cudaStreamSynchronize(device().copies);
  std::printf("%d\n", x[0]);
  return 0;
}

}  // namespace hebb

int main(int argc, char** argv) { return argc == 3 ? hebb::run(argv[1], std::string(argv[2]) == "ordered") : 2; }
