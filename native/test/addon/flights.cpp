// Programs in flight: order, pins, failures and endings, with JavaScript's part played by the test's own thread.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "addon/environment.h"

namespace {

using hebb::Environment;
using hebb::Failure;

constexpr int64_t kSize = 4096;

class Flights : public testing::Test {
 protected:
  void SetUp() override {
    std::string text;
    ASSERT_EQ(environment_.open(HEBB_TOY_LIBRARY, text), 0) << text;
    environment_.bind_words(words_.data(), words_.size());
    environment_.wake_with([this] { ++wakes_; }, [this](bool alive) { alive_ = alive; });
  }
  void TearDown() override { environment_.close(); }

  uint32_t filled(float value) {
    hebb_error error;
    const uint32_t handle = environment_.create(0, kSize * sizeof(float), error);
    for (int64_t i = 0; i < kSize; ++i) values(handle)[i] = value;
    return handle;
  }
  float* values(uint32_t handle) { return static_cast<float*>(environment_.find(handle)->data); }

  // slot 2 = op(slot 0, slot 1)
  uint32_t program(double op) {
    const std::vector<double> words = {3, 0, 1, op, 1, 2, 0, 2, 0, 1, kSize, 0, 0, 1, kSize, 1, 0, 1, kSize};
    hebb_error error;
    return static_cast<uint32_t>(environment_.register_program(0, words.data(), words.size(), error));
  }
  void bind(uint32_t a, uint32_t b, uint32_t sum) {
    const double words[] = {3, static_cast<double>(a), 0, static_cast<double>(b), 0, static_cast<double>(sum), 0};
    std::copy(std::begin(words), std::end(words), words_.begin());
  }
  uint64_t begin(uint32_t program, uint32_t a, uint32_t b, uint32_t sum) {
    bind(a, b, sum);
    hebb_error error;
    return environment_.begin_program(program, error);
  }
  // An eager add, which has to wait for what is in flight.
  float first_of_sum(uint32_t a, uint32_t b) {
    const double words[] = {18, 0, 0,    1, 2, 0, 0, 0, 1, kSize, static_cast<double>(a), 0, 1, kSize, static_cast<double>(b),
                            0,  1, kSize};
    std::copy(std::begin(words), std::end(words), words_.begin());
    hebb_error error;
    EXPECT_TRUE(environment_.run(error)) << error.message;
    const auto sum = static_cast<uint32_t>(words_[6]);
    const float value = values(sum)[0];
    environment_.release(sum);
    return value;
  }

  std::vector<double> words_ = std::vector<double>(64);
  std::atomic<int> wakes_{0};
  bool alive_ = false;
  // Declared last: what it calls must outlive it.
  Environment environment_;
};

TEST_F(Flights, KeepOrderAndMemoryWhileTheOwnerGoesOn) {
  const uint32_t add = program(0), one = filled(1);
  uint32_t total = filled(0);
  for (int i = 0; i < 200; ++i) {
    const uint32_t next = filled(-1);
    EXPECT_EQ(begin(add, total, one, next), static_cast<uint64_t>(i + 1));
    EXPECT_TRUE(alive_);
    environment_.release(total);
    EXPECT_EQ(environment_.find(total), nullptr);
    total = next;
    if (i % 16 == 0) environment_.settle();
  }
  EXPECT_EQ(first_of_sum(total, one), 201);
  EXPECT_EQ(environment_.settle(), 200u);
  EXPECT_FALSE(alive_);
  EXPECT_EQ(environment_.live(0), 2u);
}

TEST_F(Flights, AFailureStandsUntilItIsTaken) {
  const uint32_t add = program(0), refuse = program(1), one = filled(1), sum = filled(7);
  const uint64_t failed = begin(refuse, one, one, sum);
  const uint64_t skipped = begin(add, one, one, sum);
  EXPECT_TRUE(environment_.wait_for(static_cast<double>(skipped)));
  Failure failure;
  ASSERT_TRUE(environment_.take_failure(failure));
  EXPECT_EQ(failure.ticket, failed);
  EXPECT_EQ(failure.error.error.status, HEBB_BAD_RANGE);
  EXPECT_EQ(values(sum)[0], 7);
  EXPECT_FALSE(environment_.take_failure(failure));
  begin(add, one, one, sum);
  environment_.wait_for_all();
  EXPECT_EQ(values(sum)[0], 2);
}

TEST_F(Flights, ARunAtOnceWaitsForThem) {
  const uint32_t add = program(0), one = filled(1), sum = filled(0);
  for (int i = 0; i < 50; ++i) begin(add, sum, one, sum);
  bind(sum, one, sum);
  hebb::RunError error;
  EXPECT_TRUE(environment_.run_program(add, nullptr, error));
  EXPECT_EQ(values(sum)[0], 51);
}

TEST_F(Flights, EndWithTheEnvironment) {
  const uint32_t add = program(0), one = filled(1), sum = filled(0);
  for (int i = 0; i < 500; ++i) begin(add, sum, one, sum);
  environment_.release_program(add);
  environment_.stop();
  EXPECT_LE(wakes_, 500);
}

}  // namespace
