// Blocks and threads: the threads of a block are fibers, which __syncthreads() takes from one to the next.
#include <cuda_runtime.h>
#include <ucontext.h>

#include <cstdio>
#include <deque>
#include <memory>

#include "watch.h"

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulated {

unsigned g_set = 0;

namespace {

constexpr size_t kStack = 64 * 1024;
constexpr size_t kMostThreads = 1024;
constexpr size_t kWarp = 32;
// Of a larger grid, the other blocks do the same once more; they come after these, in order.
constexpr unsigned kWatchedBlocks = 16;

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStack]};
  void* timeline = new_timeline();
  dim3 index;
  bool done = false;
};

// Two blocks that follow each other are of different sets, so that nothing orders them. Those of one set, whose threads are the
// same timelines, come one after the other.
struct Set {
  std::deque<Fiber> fibers;
  char meeting = 0, warps[kMostThreads / kWarp] = {};
  char ended[2] = {};  // marks of this block and the one before
  int now = 0;

  Fiber& fiber(size_t i) {
    while (fibers.size() <= i) fibers.emplace_back();
    return fibers[i];
  }
};

Set g_sets[kSets];
ucontext_t g_scheduler;
void* g_runner = nullptr;  // the stream's timeline
void* g_rest = nullptr;    // of all threads of blocks that are not watched
bool g_watched = false;
Fiber* g_current = nullptr;
const std::function<void()>* g_thread = nullptr;
bool g_synchronised = false;
char g_begun, g_ended;  // of a kernel

// Back to run_block().
void leave() {
  continue_as(g_runner);
  swapcontext(&g_current->context, &g_scheduler);
}

void enter() {
  Set& set = g_sets[g_set];
  if (g_watched) {
    observe(&g_begun);
    observe(&set.ended[1 - set.now]);
  }
  (*g_thread)();
  if (g_watched) {
    publish(&set.ended[set.now]);
    publish(&g_ended);
  }
  g_current->done = true;
  leave();
}

dim3 thread_of(size_t i, const dim3& block) {
  return dim3(static_cast<unsigned>(i % block.x), static_cast<unsigned>(i / block.x % block.y),
              static_cast<unsigned>(i / block.x / block.y));
}

void prepare(Fiber& f, const dim3& index) {
  getcontext(&f.context);
  f.context.uc_stack.ss_sp = f.stack.get();
  f.context.uc_stack.ss_size = kStack;
  f.context.uc_link = nullptr;
  f.index = index;
  f.done = false;
  makecontext(&f.context, enter, 0);
}

// In rounds from one meeting to the next: all threads of a block must come to each.
void run_block(Set& set, size_t threads, const dim3& block) {
  set.now = 1 - set.now;
  for (size_t i = 0; i < threads; ++i) prepare(set.fiber(i), thread_of(i, block));
  for (size_t left = threads; left > 0;) {
    size_t ended = 0;
    for (size_t i = 0; i < threads; ++i) {
      g_current = &set.fibers[i];
      threadIdx = g_current->index;
      continue_as(g_watched ? g_current->timeline : g_rest);
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

void as_the_rest(void (*body)()) {
  if (g_rest == nullptr) g_rest = new_timeline();
  continue_as(g_rest);
  body();
  continue_as(g_runner);
}

// From here on all threads are one timeline, behind those that were watched.
void watch_no_more() {
  as_the_rest([] { observe(&g_ended); });
  g_watched = false;
}

// Waits for the threads of the block, and comes after what those did that publish the same mark.
void meet(char& mark) {
  g_synchronised = true;
  if (g_current == nullptr) {
    std::fprintf(stderr, "emulated: __syncthreads() in some blocks only\n");
    std::abort();
  }
  if (g_watched) publish(&mark);
  leave();
  threadIdx = g_current->index;
  if (g_watched) observe(&mark);
}

}  // namespace

void meet_block() { meet(g_sets[g_set].meeting); }

void meet_warp() { meet(g_sets[g_set].warps[threadIdx.x / kWarp]); }

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
  g_runner = this_timeline();
  publish(&g_begun);
  g_watched = kWatched;
  for (unsigned b = 0; b < grid; ++b) {
    blockIdx = dim3(b);
    g_set = b % kSets;
    if (b == kWatchedBlocks) watch_no_more();
    // A kernel whose first block never waits needs no fibers for the others.
    if (b == 0 || g_synchronised || kWatched) {
      run_block(g_sets[g_set], threads, block);
      continue;
    }
    for (size_t i = 0; i < threads; ++i) {
      threadIdx = thread_of(i, block);
      thread();
    }
  }
  if (!g_watched) as_the_rest([] { publish(&g_ended); });
  observe(&g_ended);
}

}  // namespace emulated
