// What is tried again once the cache has given its memory back.
#include <gtest/gtest.h>

#include "cuda/memory.h"

namespace {

int g_trimmed = 0;

}  // namespace

void hebb::trim() { ++g_trimmed; }

namespace {

TEST(Room, IsMadeOnceWhereThereIsNone) {
  g_trimmed = 0;
  int tries = 0;
  EXPECT_TRUE(hebb::with_room([&] { return ++tries == 1; }));
  EXPECT_EQ(g_trimmed, 0);
  tries = 0;
  EXPECT_TRUE(hebb::with_room([&] { return ++tries == 2; }));
  EXPECT_EQ(g_trimmed, 1);
  tries = 0;
  EXPECT_FALSE(hebb::with_room([&] { return ++tries > 2; }));
  EXPECT_EQ(g_trimmed, 2);
  EXPECT_EQ(tries, 2);
}

}  // namespace
