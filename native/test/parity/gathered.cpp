// A recorded step of small products and sums, which an engine may do in one block: each moves the numbers of one array to
// another, in ways that are exact, so that one which comes too early or too late shows.
#include <array>
#include <random>

#include "backend.h"

namespace parity {
namespace {

constexpr int64_t kSide = 4;
constexpr size_t kElements = kSide * kSide;
constexpr uint32_t kArrays = 8;
constexpr int kCommands = 60;
constexpr double kPlain[2] = {0, 0};  // a product without transposes

using Numbers = std::array<float, kElements>;

class GatheredCheck {
 public:
  explicit GatheredCheck(const hebb_backend& table) : t_(table) {
    for (uint32_t i = 0; i <= kArrays; ++i) {
      void* data = nullptr;
      if (t_.allocate(sizeof(Numbers), &data, &error_) != HEBB_OK) note(error_.message);
      data_.push_back(data);
    }
    // Its transpose moves columns by one.
    Numbers rotation = {};
    for (size_t i = 0; i < kSide; ++i) rotation[i * kSide + (i + 1) % kSide] = 1;
    upload(kArrays, rotation);
    make_commands();
  }
  ~GatheredCheck() {
    for (void* data : data_) t_.release(data, sizeof(Numbers));
  }

  std::vector<std::string> run() {
    if (t_.record == nullptr) return {};
    fill(0);
    for (const hebb_call& call : calls_)
      if (t_.run(&call, &error_) != HEBB_OK) note(error_.message);
    expect();
    void* recording = nullptr;
    if (t_.record(calls_.data(), static_cast<uint32_t>(calls_.size()), &recording, &error_) != HEBB_OK || recording == nullptr)
      return {"small launches: not recorded"};
    for (int replay = 1; replay < 34; ++replay) {
      fill(replay);
      if (t_.replay(recording, &error_) != HEBB_OK) note(error_.message);
      expect();
    }
    t_.forget(recording);
    return failed_;
  }

 private:
  struct Command {
    uint32_t to, from;
    bool product;  // which rotates columns; else a sum of rows of one element
  };

  void make_commands() {
    std::mt19937 random(1);
    while (commands_.size() < kCommands) {
      const uint32_t to = random() % kArrays, from = random() % kArrays;
      const Command c = {to, from, random() % 3 != 0};
      if (c.to != c.from) commands_.push_back(c);
    }
    views_.reserve(commands_.size());
    const auto square = [&](uint32_t i) { return hebb_view{data_[i], {1, kSide, kSide}, 3, HEBB_FLOAT32}; };
    for (const Command& c : commands_) {
      if (c.product) {
        const auto& v = views_.emplace_back(std::array{square(c.to), square(c.from), square(kArrays)});
        calls_.push_back({opcode(t_, "matmul"), 1, 2, 2, &v[0], &v[1], kPlain});
      } else {
        const hebb_view to = {data_[c.to], {kSide, kSide}, 2, HEBB_FLOAT32},
                        from = {data_[c.from], {kSide, 1, kSide}, 3, HEBB_FLOAT32};
        const auto& v = views_.emplace_back(std::array{to, from, hebb_view{}});
        calls_.push_back({opcode(t_, "sum"), 1, 1, 0, &v[0], &v[1], nullptr});
      }
    }
  }

  void fill(int run) {
    for (uint32_t i = 0; i < kArrays; ++i) {
      for (size_t k = 0; k < kElements; ++k)
        numbers_[i][k] = static_cast<float>((static_cast<size_t>(run) * kArrays + i) * 100 + k);
      upload(i, numbers_[i]);
    }
  }
  void upload(uint32_t array, const Numbers& numbers) {
    if (t_.upload(data_[array], numbers.data(), sizeof numbers, &error_) != HEBB_OK) note(error_.message);
  }
  void expect() {
    for (const Command& c : commands_) {
      const Numbers from = numbers_[c.from];
      for (size_t k = 0; k < kElements; ++k)
        numbers_[c.to][k] = from[c.product ? k / kSide * kSide + (k % kSide + kSide - 1) % kSide : k];
    }
    for (uint32_t i = 0; i < kArrays; ++i) {
      Numbers got = {};
      if (t_.download(got.data(), data_[i], sizeof got, &error_) != HEBB_OK) note(error_.message);
      if (got != numbers_[i]) note("small launches: an array holds other numbers than commands one after the other leave");
    }
  }
  void note(const std::string& what) {
    if (failed_.empty()) failed_.push_back(what);
  }

  const hebb_backend& t_;
  hebb_error error_ = {};
  std::vector<void*> data_;  // the last is a rotation
  std::array<Numbers, kArrays> numbers_ = {};
  std::vector<Command> commands_;
  std::vector<std::array<hebb_view, 3>> views_;
  std::vector<hebb_call> calls_;
  std::vector<std::string> failed_;
};

}  // namespace

std::vector<std::string> check_gathered(const Backend& backend) { return GatheredCheck(backend.table()).run(); }

}  // namespace parity
