// What is said of work that NVIDIA's libraries refuse.
#include "cuda/refusals.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace {

std::string said_of(const hebb::Refusal& refusal, int times = 1) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < times; ++i) hebb::note_refusal(refusal);
  return testing::internal::GetCapturedStderr();
}

class Refusals : public testing::Test {
 protected:
  void SetUp() override { setenv("HEBB_CUDA_LOG", "1", 1); }
  void TearDown() override { unsetenv("HEBB_CUDA_LOG"); }
};

TEST_F(Refusals, AreToldOnceAndCountedEachTime) {
  const hebb::RefusalCounts before = hebb::refusals();
  EXPECT_EQ(said_of({"cuDNN", "conv2d of [1, 2]", "NOT_SUPPORTED", "own loops"}, 3),
            "hebb: refused: cuDNN, conv2d of [1, 2]: NOT_SUPPORTED; instead: own loops\n");
  EXPECT_EQ(said_of({"cuDNN", "conv2d of [1, 3]", "NOT_SUPPORTED", "own loops"}),
            "hebb: refused: cuDNN, conv2d of [1, 3]: NOT_SUPPORTED; instead: own loops\n");
  EXPECT_EQ(hebb::refusals().kinds - before.kinds, 2u);
  EXPECT_EQ(hebb::refusals().all - before.all, 4u);
}

TEST_F(Refusals, AreCountedInSilenceUnlessAskedFor) {
  const hebb::RefusalCounts before = hebb::refusals();
  for (const char* value : {"0", ""}) {
    setenv("HEBB_CUDA_LOG", value, 1);
    EXPECT_EQ(said_of({"cuBLASLt", std::string("matmul ") + value, "status 15", "float32 copies"}), "");
  }
  unsetenv("HEBB_CUDA_LOG");
  EXPECT_EQ(said_of({"cuBLASLt", "matmul", "status 15", "float32 copies"}), "");
  EXPECT_EQ(hebb::refusals().kinds - before.kinds, 3u);
}

TEST_F(Refusals, TakeTheFirstLinesOfALog) {
  EXPECT_EQ(hebb::first_lines(std::string("hebb.cu(3): error: no operator\n\n  x = y\n\0", 42)),
            "hebb.cu(3): error: no operator |   x = y");
  EXPECT_EQ(hebb::first_lines("1\n2\n3\n4\n5\n6\n7\n8\n"), "1 | 2 | 3 | 4 | 5 | 6");
  EXPECT_EQ(hebb::first_lines(std::string(1, '\0')), "no log");
}

}  // namespace
