// Items that threads share out: each is taken once, by its own thread first, by others from the end.
#include "cpu/shares.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hebb_test {
namespace {

TEST(Shares, WhoIsDoneTakesFromTheEndsOfOthers) {
  hebb::Shares shares(10, 2);
  std::vector<int64_t> taken;
  for (int64_t item = 0; shares.next(1, item);) taken.push_back(item);
  EXPECT_EQ(taken, (std::vector<int64_t>{5, 6, 7, 8, 9, 4, 3, 2, 1, 0}));
  int64_t item = -1;
  EXPECT_FALSE(shares.next(0, item));
}

TEST(Shares, BackwardsFromTheEndOfItsOwnAndTheBeginningsOfOthers) {
  hebb::Shares shares(10, 2);
  std::vector<int64_t> taken;
  for (int64_t item = 0; shares.next<hebb::Order::kBackward>(1, item);) taken.push_back(item);
  EXPECT_EQ(taken, (std::vector<int64_t>{9, 8, 7, 6, 5, 0, 1, 2, 3, 4}));
}

TEST(Shares, EveryItemIsTakenOnce) {
  for (const int64_t items : {0, 1, 3, 5000})
    for (const int threads : {1, 2, 3, 70}) {
      hebb::Shares shares(items, threads);
      std::vector<std::vector<int64_t>> taken(threads);
      std::vector<std::thread> team;
      for (int thread = 0; thread < threads; ++thread)
        team.emplace_back([&, thread] {
          for (int64_t item = 0; shares.next(thread, item);) taken[thread].push_back(item);
        });
      for (std::thread& thread : team) thread.join();
      std::vector<int> times(items);
      for (const auto& own : taken)
        for (const int64_t item : own) ++times[item];
      EXPECT_EQ(times, std::vector<int>(items, 1)) << items << " items, " << threads << " threads";
    }
}

}  // namespace
}  // namespace hebb_test
