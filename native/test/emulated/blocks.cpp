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

// Marks of this meeting and of the next, to which the first to go on may come while others are still to leave this one.
struct Meeting {
  char marks[2];
};

enum Kind { kBlock, kOfWarp, kGrid, kNone };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStack]};
  void* timeline = new_timeline();
  dim3 index;
  Kind waits = kNone;   // for whom
  int met[kNone] = {};  // how often
  bool done = false;
};

// Two blocks that follow each other are of different sets, so that nothing orders them. Those of one set, whose threads are the
// same timelines, come one after the other.
struct Set {
  std::deque<Fiber> fibers;
  Meeting meeting = {}, warps[kMostThreads / kWarp] = {};
  char ended[2] = {};  // marks of this block and the one before
  int now = 0;
  dim3 block;
  bool running = false;
  std::unique_ptr<char[]> dynamic;

  Fiber& fiber(size_t i) {
    while (fibers.size() <= i) fibers.emplace_back();
    return fibers[i];
  }
};

Set g_sets[kSets];
ucontext_t g_scheduler;
void* g_runner = nullptr;  // the stream's timeline
void* g_rest = nullptr;    // of all threads of blocks that are not watched
bool g_watched = false, g_together = false;
Fiber* g_current = nullptr;
const std::function<void()>* g_thread = nullptr;
bool g_synchronised = false;
size_t g_threads = 0, g_began = 0;  // of the last kernel, and those of them that waited for what comes before it
char g_begun, g_ended;              // of a kernel
Meeting g_grid;

// Back to run_on().
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
  f.waits = kNone;
  f.done = false;
  makecontext(&f.context, enter, 0);
}

// AddressSanitizer sees what leaves the shared variables of the last set.
Set& set_of(unsigned block) { return g_sets[kWatched || g_together ? block % kSets : kSets - 1]; }

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "emulated: %s\n", what);
  std::abort();
}

// The threads of a block as far as their next meeting, to which all must come. Whether the block goes on.
bool run_on(Set& set, size_t threads) {
  blockIdx = set.block;
  g_set = static_cast<unsigned>(&set - g_sets);
  size_t ended = 0;
  for (size_t i = 0; i < threads; ++i) {
    g_current = &set.fibers[i];
    threadIdx = g_current->index;
    continue_as(g_watched ? g_current->timeline : g_rest);
    swapcontext(&g_scheduler, &g_current->context);
    if (g_current->done) ++ended;
    if ((g_current->waits == kGrid) != (set.fibers[0].waits == kGrid)) stop("threads of a block meet different blocks");
  }
  g_current = nullptr;
  if (ended != 0 && ended != threads) stop("some threads of a block missed a __syncthreads()");
  return ended == 0;
}

void start(Set& set, unsigned block, size_t threads, const dim3& dims) {
  set.block = dim3(block);
  set.now = 1 - set.now;
  set.running = true;
  for (size_t i = 0; i < threads; ++i) prepare(set.fiber(i), thread_of(i, dims));
}

// Blocks [first, first + count), all of them from one meeting to the next.
void run_at_once(unsigned first, unsigned count, size_t threads, const dim3& dims) {
  for (unsigned b = first; b < first + count; ++b) start(set_of(b), b, threads, dims);
  for (unsigned running = count; running > 0;) {
    unsigned waiting = 0;
    for (unsigned b = first; b < first + count; ++b) {
      Set& set = set_of(b);
      if (!set.running) continue;
      set.running = run_on(set, threads);
      if (!set.running) --running;
      if (set.running && set.fibers[0].waits == kGrid) ++waiting;
    }
    if (waiting != 0 && waiting != count) stop("some blocks missed a meeting of all");
  }
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

// Waits for others, and comes after what those did that come to the same meeting.
void meet(Meeting& meeting, Kind kind) {
  g_synchronised = true;
  if (g_current == nullptr) stop("__syncthreads() in some blocks only");
  char& mark = meeting.marks[g_current->met[kind]++ % 2];
  g_current->waits = kind;
  if (g_watched) publish(&mark);
  leave();
  threadIdx = g_current->index;
  if (g_watched) observe(&mark);
}

}  // namespace

void meet_block() { meet(g_sets[g_set].meeting, kBlock); }

void meet_warp() { meet(g_sets[g_set].warps[threadIdx.x / kWarp], kOfWarp); }

void meet_grid() { meet(g_grid, kGrid); }

void begin_kernel() { ++g_began; }

bool all_began() { return g_began == g_threads; }

void* dynamic_shared() { return g_sets[g_set].dynamic.get(); }

namespace {

size_t begin(unsigned grid, dim3 block, const std::function<void()>& thread) {
  const size_t threads = static_cast<size_t>(block.x) * block.y * block.z;
  if (threads == 0 || threads > kMostThreads || grid == 0) {
    std::fprintf(stderr, "emulated: a launch of %u blocks of %zu threads\n", grid, threads);
    std::abort();
  }
  gridDim = dim3(grid);
  blockDim = block;
  g_thread = &thread;
  g_synchronised = false;
  g_began = 0;
  g_threads = grid * threads;
  g_runner = this_timeline();
  publish(&g_begun);
  g_watched = kWatched;
  return threads;
}

void end() {
  if (!g_watched) as_the_rest([] { publish(&g_ended); });
  observe(&g_ended);
}

}  // namespace

void run_blocks(unsigned grid, dim3 block, const std::function<void()>& thread) {
  const size_t threads = begin(grid, block, thread);
  for (unsigned b = 0; b < grid; ++b) {
    if (b == kWatchedBlocks) watch_no_more();
    // A kernel whose first block never waits needs no fibers for the others.
    if (b == 0 || g_synchronised || kWatched) {
      run_at_once(b, 1, threads, block);
      continue;
    }
    blockIdx = dim3(b);
    for (size_t i = 0; i < threads; ++i) {
      threadIdx = thread_of(i, block);
      thread();
    }
  }
  end();
}

void run_together(unsigned grid, dim3 block, size_t shared, const std::function<void()>& thread) {
  if (grid > kTogether) stop("more blocks together than there are multiprocessors");
  for (unsigned b = 0; b < grid; ++b) g_sets[b].dynamic.reset(new char[shared]);
  const size_t threads = begin(grid, block, thread);
  g_together = true;
  run_at_once(0, grid, threads, block);
  g_together = false;
  end();
}

}  // namespace emulated
