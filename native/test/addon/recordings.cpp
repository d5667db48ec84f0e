// When a program is recorded and replayed, over a backend that counts.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "addon/program.h"

namespace {

using hebb::Program;
using hebb::RunError;
using hebb::SlotMemory;

struct Counts {
  int run, recorded, replayed, forgotten;
  bool records, replays;
} g;

int allocate(uint64_t, void** data, hebb_error*) {
  static char arena[64];
  *data = arena;
  return HEBB_OK;
}
void release(void*, uint64_t) {}

int run(const hebb_call* call, hebb_error*) {
  ++g.run;
  *static_cast<float*>(call->outputs[0].data) = *static_cast<const float*>(call->inputs[0].data) + 1;
  return HEBB_OK;
}

int record(const hebb_call* calls, uint32_t count, void** recording, hebb_error*) {
  ++g.recorded;
  *recording = g.records ? new std::vector<hebb_view>{calls[count - 1].outputs[0], calls[0].inputs[0]} : nullptr;
  return HEBB_OK;
}

int replay(void* recording, hebb_error* error) {
  ++g.replayed;
  if (!g.replays) return error->status = HEBB_INTERNAL;
  const auto& views = *static_cast<std::vector<hebb_view>*>(recording);
  *static_cast<float*>(views[0].data) = *static_cast<const float*>(views[1].data) + 1;
  return HEBB_OK;
}

void forget(void* recording) {
  ++g.forgotten;
  delete static_cast<std::vector<hebb_view>*>(recording);
}

hebb_backend backend() {
  hebb_backend table = {};
  table.allocate = allocate;
  table.release = release;
  table.run = run;
  table.record = record;
  table.replay = replay;
  table.forget = forget;
  return table;
}

class Recordings : public testing::Test {
 protected:
  void SetUp() override { g = {0, 0, 0, 0, true, true}; }

  // slot 1 = slot 0 + 1
  std::unique_ptr<Program> program() {
    const double words[] = {2, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1};
    hebb_error error = {};
    std::unique_ptr<Program> made(Program::create(&table_, nullptr, words, std::size(words), error));
    EXPECT_NE(made, nullptr) << error.message;
    return made;
  }
  // One call that makes a run for each of the results.
  bool unrolled(Program& program, std::vector<float>& results) {
    std::vector<SlotMemory> slots;
    for (float& y : results) slots.insert(slots.end(), {{&x_, sizeof x_}, {&y, sizeof y}});
    RunError error;
    return program.run(slots.data(), slots.size(), nullptr, error);
  }
  bool step(Program& program, float& x, float& y, double* spent = nullptr) {
    const SlotMemory slots[] = {{&x, sizeof x}, {&y, sizeof y}};
    RunError error;
    return program.run(slots, 2, spent, error);
  }

  hebb_backend table_ = backend();
  float x_ = 1, y_ = 0;
};

TEST_F(Recordings, AreMadeTheSecondTimeAndReplayedFromThenOn) {
  const auto step_program = program();
  for (int i = 0; i < 5; ++i) {
    x_ = static_cast<float>(i);
    EXPECT_TRUE(step(*step_program, x_, y_));
    EXPECT_EQ(y_, x_ + 1);
  }
  EXPECT_EQ(g.run, 1);
  EXPECT_EQ(g.recorded, 1);
  EXPECT_EQ(g.replayed, 4);
}

TEST_F(Recordings, BelongToPlacesInMemory) {
  const auto step_program = program();
  std::array<float, 3> results = {};
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(step(*step_program, x_, results[static_cast<size_t>(i) % 3]));
  EXPECT_EQ(g.recorded, 3);
  EXPECT_EQ(g.run, 3);
  EXPECT_EQ(g.replayed, 9);
  EXPECT_EQ(results[2], 2);
}

TEST_F(Recordings, AreForgottenWithTheProgramAndWhenTooManyCome) {
  auto step_program = program();
  std::vector<float> results(40);
  for (float& y : results)
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(step(*step_program, x_, y));
  EXPECT_EQ(g.recorded, 40);
  EXPECT_EQ(g.forgotten, 24);
  step_program.reset();
  EXPECT_EQ(g.forgotten, 40);
}

TEST_F(Recordings, OfCallsWithManyRunsAreAllKept) {
  const auto step_program = program();
  std::vector<float> results(64), others(64);
  for (int i = 0; i < 5; ++i) {
    x_ = static_cast<float>(i);
    EXPECT_TRUE(unrolled(*step_program, results));
    EXPECT_TRUE(unrolled(*step_program, others));
    EXPECT_EQ(results[63], x_ + 1);
    EXPECT_EQ(others[0], x_ + 1);
  }
  EXPECT_EQ(g.run, 2 * 64);
  EXPECT_EQ(g.recorded, 2 * 64);
  EXPECT_EQ(g.replayed, 4 * 2 * 64);
  EXPECT_EQ(g.forgotten, 0);
}

TEST_F(Recordings, AreNeverMoreThan256) {
  auto step_program = program();
  std::vector<float> results(200), others(200);
  for (std::vector<float>* call : {&results, &results, &others, &others}) EXPECT_TRUE(unrolled(*step_program, *call));
  EXPECT_EQ(g.recorded, 400);
  EXPECT_EQ(g.forgotten, 144);
}

TEST_F(Recordings, AreNotAskedForAgainWhereThereIsNone) {
  g.records = false;
  const auto step_program = program();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(step(*step_program, x_, y_));
  EXPECT_EQ(g.recorded, 1);
  EXPECT_EQ(g.run, 5);
}

TEST_F(Recordings, GiveWayToCommandsThatAreTimed) {
  const auto step_program = program();
  double spent = 0;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(step(*step_program, x_, y_, &spent));
  EXPECT_EQ(g.run, 3);
  EXPECT_EQ(g.recorded, 0);
}

TEST_F(Recordings, ThatFailFailTheStep) {
  const auto step_program = program();
  EXPECT_TRUE(step(*step_program, x_, y_));
  g.replays = false;
  EXPECT_FALSE(step(*step_program, x_, y_));
}

}  // namespace
