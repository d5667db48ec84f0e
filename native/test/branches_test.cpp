// What waits for what in a recorded step.
#include "cuda/branches.h"

#include <gtest/gtest.h>

#include <deque>

namespace {

using hebb::Branches;
using Waits = std::vector<uint32_t>;

constexpr const char* kOps[] = {
#define HEBB_OP(name) #name,
#include "hebb/ops.def"
#undef HEBB_OP
};

uint32_t opcode(const std::string& name) {
  for (uint32_t i = 0; i < std::size(kOps); ++i)
    if (kOps[i] == name) return i;
  throw std::runtime_error("no op " + name);
}

// Commands over parts of one memory, of so many int32.
class Branching : public testing::Test {
 protected:
  struct Part {
    int64_t first, count;
  };
  void command(const Part& to, const std::vector<Part>& from, const std::string& op = "add") {
    std::vector<hebb_view>& views = views_.emplace_back();
    for (const Part& part : from) views.push_back(view(part));
    views.push_back(view(to));
    const uint32_t inputs = static_cast<uint32_t>(from.size());
    calls_.push_back({opcode(op), 1, inputs, 0, &views[inputs], views.data(), nullptr});
  }
  Branches branches() const { return Branches(calls_.data(), static_cast<uint32_t>(calls_.size())); }

 private:
  hebb_view view(const Part& part) { return {memory_ + part.first, {part.count}, 1, HEBB_INT32}; }

  int32_t memory_[100] = {};
  std::deque<std::vector<hebb_view>> views_;
  std::vector<hebb_call> calls_;
};

TEST_F(Branching, AChainIsOne) {
  command({10, 10}, {{0, 10}});
  command({20, 10}, {{10, 10}});
  command({30, 10}, {{20, 10}, {10, 10}});
  const Branches b = branches();
  EXPECT_EQ(b.waits(0), Waits{});
  EXPECT_EQ(b.waits(1), Waits{0});
  EXPECT_EQ(b.waits(2), Waits{1});  // which waits for 0
  EXPECT_TRUE(b.follows(2, 0));
  EXPECT_FALSE(b.fork());
}

TEST_F(Branching, ReadersOfTheSameRunSideBySideAndMeet) {
  command({10, 10}, {{0, 10}});
  command({20, 10}, {{10, 10}});
  command({30, 10}, {{10, 10}});
  command({40, 10}, {{20, 10}, {30, 10}});
  const Branches b = branches();
  EXPECT_EQ(b.waits(1), Waits{0});
  EXPECT_EQ(b.waits(2), Waits{0});
  EXPECT_FALSE(b.follows(2, 1));
  EXPECT_EQ(b.waits(3), (Waits{2, 1}));
  EXPECT_TRUE(b.fork());
}

TEST_F(Branching, WhatIsWrittenAgainWaitsForItsReadersAndWriters) {
  command({10, 10}, {{0, 10}});
  command({20, 10}, {{10, 10}});
  command({10, 10}, {{0, 10}});  // over what 1 reads
  command({20, 10}, {{0, 10}});  // over what 1 writes
  const Branches b = branches();
  EXPECT_EQ(b.waits(2), Waits{1});
  EXPECT_EQ(b.waits(3), Waits{1});
}

TEST_F(Branching, PartsCollideWhereTheyOverlap) {
  command({10, 10}, {});
  command({0, 5}, {{19, 5}});
  command({5, 5}, {{20, 5}});
  command({30, 0}, {{10, 0}});  // nothing at all
  const Branches b = branches();
  EXPECT_EQ(b.waits(1), Waits{0});
  EXPECT_EQ(b.waits(2), Waits{});
  EXPECT_EQ(b.waits(3), Waits{});
}

TEST_F(Branching, WhatSharesALibrarysHandleOrTheWholeGpuIsAlone) {
  command({10, 10}, {{0, 10}}, "conv2d");
  command({20, 10}, {{0, 10}}, "conv2dFilterGrad");
  command({30, 10}, {{0, 10}}, "lstm");
  command({40, 10}, {{0, 10}}, "lstmGrad");
  const Branches b = branches();
  EXPECT_EQ(b.waits(1), Waits{0});
  EXPECT_EQ(b.waits(2), Waits{});
  EXPECT_EQ(b.waits(3), Waits{2});
}

}  // namespace
