// Which small launches come into one block, and where its threads wait.
#include "cuda/oneBlock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace {

using hebb::gather;
using hebb::Gathering;
using hebb::OneBlock;
using hebb::Small;
using hebb::SmallShape;

class GatheringTest : public testing::Test {
 protected:
  // Command `number` comes after these.
  void command(uint32_t number, std::vector<uint32_t> after) {
    gathering.command(number, [after](uint32_t earlier) { return std::count(after.begin(), after.end(), earlier) > 0; });
  }
  static bool elements(int64_t n, int64_t turns = 1) {
    return gather(Small::kProduct, &n, sizeof n, SmallShape::of_elements(n, turns));
  }
  static bool blocks(unsigned count, int64_t turns = 1) {
    return gather(Small::kSum, &count, sizeof count, {0, 32, 8, 1, count, turns});
  }
  // Of each task whether it waits.
  static std::string waits(const OneBlock& block) {
    std::string text;
    for (uint32_t i = 0; i < block.count; ++i) text += block.tasks[i].waits ? 'w' : '-';
    return text;
  }

  std::vector<OneBlock> launched;
  Gathering gathering{[this](const OneBlock& block) { launched.push_back(block); }};
};

TEST_F(GatheringTest, WaitsForWhatItFollowsAndForItself) {
  command(0, {});
  EXPECT_TRUE(elements(10));
  EXPECT_TRUE(elements(10));  // of the same command
  command(1, {});
  EXPECT_TRUE(elements(10));
  command(2, {0, 1});
  EXPECT_TRUE(elements(10));
  command(3, {0});  // waited for already
  EXPECT_TRUE(elements(10));
  gathering.launch();
  ASSERT_EQ(launched.size(), 1u);
  EXPECT_EQ(waits(launched[0]), "-w-w-");
}

TEST_F(GatheringTest, BlocksTakeTurnsWithSharedMemory) {
  for (uint32_t i = 0; i < 3; ++i) {
    command(i, {});
    EXPECT_TRUE(i == 0 ? elements(10) : blocks(2));
  }
  gathering.launch();
  EXPECT_EQ(waits(launched[0]), "--w");
}

TEST_F(GatheringTest, LaysTasksSideBySide) {
  for (uint32_t i = 0; i < 4; ++i) {
    command(i, {});
    EXPECT_TRUE(elements(i == 0 ? 33 : 100));
  }
  command(4, {0});
  EXPECT_TRUE(elements(5));
  gathering.launch();
  std::vector<int> first;
  for (uint32_t i = 0; i < launched[0].count; ++i) first.push_back(launched[0].tasks[i].first);
  EXPECT_EQ(first, (std::vector<int>{0, 64, 192, (192 + 128) % 256, 0}));
}

TEST_F(GatheringTest, KeepsArguments) {
  command(0, {});
  for (const int64_t n : {7, 8}) elements(n);
  gathering.launch();
  for (const int64_t n : {7, 8}) {
    int64_t kept = 0;
    std::memcpy(&kept, launched[0].bytes + launched[0].tasks[n - 7].offset, sizeof kept);
    EXPECT_EQ(kept, n);
  }
}

TEST_F(GatheringTest, RefusesWhatTakesLong) {
  command(0, {});
  EXPECT_TRUE(elements(256, 64));
  EXPECT_FALSE(elements(257, 64));
  EXPECT_FALSE(elements(int64_t{1} << 62, int64_t{1} << 40));
  EXPECT_FALSE(blocks(1, 65));
  const std::vector<char> large(OneBlock::kBytes + 1);
  EXPECT_FALSE(gather(Small::kProgram, large.data(), large.size(), SmallShape::of_elements(1, 1)));
  gathering.launch();
  EXPECT_EQ(launched[0].count, 1u);
}

TEST_F(GatheringTest, BeginsAnotherBlockWhereOneIsFull) {
  command(0, {});
  for (uint32_t i = 0; i <= OneBlock::kTasks; ++i) EXPECT_TRUE(elements(1));
  const std::vector<char> large(OneBlock::kBytes);
  EXPECT_TRUE(gather(Small::kProgram, large.data(), large.size(), SmallShape::of_elements(1, 1)));
  gathering.launch();
  ASSERT_EQ(launched.size(), 3u);
  EXPECT_EQ(launched[0].count, OneBlock::kTasks);
  EXPECT_EQ(waits(launched[1]), "-");
  EXPECT_EQ(waits(launched[2]), "-");
}

TEST_F(GatheringTest, OtherLaunchesComeBetween) {
  command(0, {});
  elements(1);
  hebb::launch_gathered();
  elements(1);
  hebb::launch_gathered();
  hebb::launch_gathered();
  EXPECT_EQ(launched.size(), 2u);
}

TEST(Gathering, NothingIsGatheredOtherwise) {
  int64_t n = 1;
  EXPECT_FALSE(gather(Small::kProduct, &n, sizeof n, SmallShape::of_elements(n, 1)));
  hebb::launch_gathered();
}

}  // namespace
