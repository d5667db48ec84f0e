// Blocks and threads: the threads of a block are fibers, which __syncthreads() takes from one to the next.
#include <cuda_runtime.h>
#include <ucontext.h>

#include <cstdio>
#include <memory>
#include <vector>

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulated {
namespace {

constexpr size_t kStack = 64 * 1024;
constexpr size_t kMostThreads = 1024;

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStack]};
  dim3 index;
  bool done = false;
};

ucontext_t g_scheduler;
std::vector<Fiber> g_fibers(kMostThreads);
Fiber* g_current = nullptr;
const std::function<void()>* g_thread = nullptr;
bool g_synchronised = false;

void enter() {
  (*g_thread)();
  g_current->done = true;
}

dim3 thread_of(size_t i, const dim3& block) {
  return dim3(static_cast<unsigned>(i % block.x), static_cast<unsigned>(i / block.x % block.y),
              static_cast<unsigned>(i / block.x / block.y));
}

void prepare(Fiber& f, const dim3& index) {
  getcontext(&f.context);
  f.context.uc_stack.ss_sp = f.stack.get();
  f.context.uc_stack.ss_size = kStack;
  f.context.uc_link = &g_scheduler;
  f.index = index;
  f.done = false;
  makecontext(&f.context, enter, 0);
}

// In rounds from one __syncthreads() to the next: all threads of a block must come to each.
void run_block(size_t threads, const dim3& block) {
  for (size_t i = 0; i < threads; ++i) prepare(g_fibers[i], thread_of(i, block));
  for (size_t left = threads; left > 0;) {
    size_t ended = 0;
    for (size_t i = 0; i < threads; ++i) {
      g_current = &g_fibers[i];
      threadIdx = g_current->index;
      swapcontext(&g_scheduler, &g_current->context);
      if (g_current->done) ++ended;
    }
    if (ended != 0 && ended != left) {
      std::fprintf(stderr, "emulated: %zu of %zu threads of a block missed a __syncthreads()\n", ended, left);
      std::abort();
    }
    left -= ended;
  }
  g_current = nullptr;
}

Graph* g_captured = nullptr;

}  // namespace

void submit(Work work) {
  if (g_captured == nullptr)
    work();
  else
    g_captured->push_back(std::move(work));
}

void run_blocks(unsigned grid, dim3 block, const std::function<void()>& thread) {
  const size_t threads = static_cast<size_t>(block.x) * block.y * block.z;
  if (threads == 0 || threads > kMostThreads || grid == 0) {
    std::fprintf(stderr, "emulated: a launch of %u blocks of %zu threads\n", grid, threads);
    std::abort();
  }
  gridDim = dim3(grid);
  blockDim = block;
  g_thread = &thread;
  g_synchronised = false;
  for (unsigned b = 0; b < grid; ++b) {
    blockIdx = dim3(b);
    // A kernel whose first block never waits needs no fibers for the others.
    if (b == 0 || g_synchronised) {
      run_block(threads, block);
      continue;
    }
    for (size_t i = 0; i < threads; ++i) {
      threadIdx = thread_of(i, block);
      thread();
    }
  }
}

}  // namespace emulated

void __syncthreads() {
  using namespace emulated;
  g_synchronised = true;
  if (g_current == nullptr) {
    std::fprintf(stderr, "emulated: __syncthreads() in some blocks only\n");
    std::abort();
  }
  swapcontext(&g_current->context, &g_scheduler);
  threadIdx = g_current->index;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  emulated::g_captured = new emulated::Graph;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = emulated::g_captured;
  emulated::g_captured = nullptr;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = new emulated::Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (const emulated::Work& work : *graph) work();
  return cudaSuccess;
}

// More than a small GPU has is refused.
cudaError_t cudaMalloc(void** data, size_t bytes) {
  constexpr size_t most = size_t{1} << 32;
  *data = bytes <= most ? std::malloc(bytes) : nullptr;
  if (*data == nullptr) return cudaErrorMemoryAllocation;
  std::memset(*data, 0xCD, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* data) {
  std::free(data);
  return cudaSuccess;
}
