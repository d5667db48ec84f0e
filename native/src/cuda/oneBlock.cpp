#include "cuda/oneBlock.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hebb {
namespace {

// About as long as a launch in a graph.
constexpr int64_t kMostTurns = 64;
constexpr uint32_t kAlignment = 16;
constexpr unsigned kWarpThreads = 32;

// The backend's lock keeps others away.
Gathering* g_gathering = nullptr;

}  // namespace

SmallShape SmallShape::of_elements(int64_t n, int64_t turns_each) {
  const int64_t rounds = (n + kOneBlockThreads - 1) / kOneBlockThreads;
  return {n, kOneBlockThreads, 1, 1, 1, rounds > kMostTurns ? rounds : rounds * turns_each};
}

Gathering::Gathering(Launch launch) : launch_(std::move(launch)) { g_gathering = this; }

Gathering::~Gathering() { g_gathering = nullptr; }

void Gathering::command(uint32_t number, Follows follows) {
  command_ = number;
  follows_ = std::move(follows);
}

void Gathering::begin_side_by_side() {
  side_by_side_.clear();
  first_ = 0;
  shared_used_ = false;
}

bool Gathering::must_wait(bool in_blocks) const {
  if (gathered_.count == 0) return false;
  // Those in blocks of their own use the same shared memory.
  return (in_blocks && shared_used_) || std::any_of(side_by_side_.begin(), side_by_side_.end(),
                                                    [&](uint32_t earlier) { return earlier == command_ || follows_(earlier); });
}

bool Gathering::add(Small what, const void* argument, size_t bytes, const SmallShape& shape) {
  if (shape.turns > kMostTurns || bytes > OneBlock::kBytes) return false;
  if (gathered_.count == OneBlock::kTasks || gathered_.used + bytes > OneBlock::kBytes) launch();
  const bool in_blocks = shape.elements == 0, waits = must_wait(in_blocks);
  if (waits) begin_side_by_side();
  shared_used_ = shared_used_ || in_blocks;
  side_by_side_.push_back(command_);
  const auto narrow = [](unsigned x) { return static_cast<uint16_t>(x); };
  gathered_.tasks[gathered_.count++] = {
      what, waits, narrow(gathered_.used), first_, narrow(shape.width), narrow(shape.height), narrow(shape.depth), shape.blocks};
  std::memcpy(gathered_.bytes + gathered_.used, argument, bytes);
  gathered_.used += (static_cast<uint32_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment;
  const int64_t warps = (std::min<int64_t>(shape.elements, kOneBlockThreads) + kWarpThreads - 1) / kWarpThreads;
  first_ = narrow((first_ + static_cast<unsigned>(warps) * kWarpThreads) % kOneBlockThreads);
  return true;
}

void Gathering::launch() {
  if (gathered_.count == 0) return;
  const OneBlock block = std::exchange(gathered_, OneBlock{});
  begin_side_by_side();
  launch_(block);
}

bool gather(Small what, const void* argument, size_t bytes, const SmallShape& shape) {
  return g_gathering != nullptr && g_gathering->add(what, argument, bytes, shape);
}

void launch_gathered() {
  if (g_gathering != nullptr) g_gathering->launch();
}

}  // namespace hebb
