// Long sums that may run side by side in a recording: what their blocks count must not mix.
#include "backend.h"

namespace parity {
namespace {

constexpr uint32_t kSums = 12;
constexpr int64_t kRows = 1100, kColumns = 8;  // sums in several shares

class SumsCheck {
 public:
  explicit SumsCheck(const hebb_backend& table) : t_(table) {
    std::vector<float> numbers(kRows * kColumns);
    for (uint32_t i = 0; i < kSums; ++i) {
      for (size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<float>((k * 7 + i) % 13);
      write(new_memory(numbers.size()), numbers);
      new_memory(kColumns);
      views_[i][0] = {data_[2 * i + 1], {1, kColumns}, 2, HEBB_FLOAT32};
      views_[i][1] = {data_[2 * i], {1, kRows, kColumns}, 3, HEBB_FLOAT32};
      calls_[i] = {opcode(t_, "sum"), 1, 1, 0, &views_[i][0], &views_[i][1], nullptr};
    }
  }
  ~SumsCheck() {
    for (size_t i = 0; i < data_.size(); ++i) t_.release(data_[i], bytes(i));
  }

  std::vector<std::string> run() {
    if (t_.record == nullptr) return {};
    for (const hebb_call& call : calls_)
      if (t_.run(&call, &error_) != HEBB_OK) note(error_.message);
    expect();
    void* recording = nullptr;
    if (t_.record(calls_, kSums, &recording, &error_) != HEBB_OK || recording == nullptr) return {"sums: not recorded"};
    for (int replay = 0; replay < 22; ++replay) {
      for (uint32_t i = 0; i < kSums; ++i) write(data_[2 * i + 1], std::vector<float>(kColumns, -1));
      if (t_.replay(recording, &error_) != HEBB_OK) note(error_.message);
      expect();
    }
    t_.forget(recording);
    return failed_;
  }

 private:
  uint64_t bytes(size_t memory) const { return (memory % 2 == 0 ? kRows * kColumns : kColumns) * sizeof(float); }
  void* new_memory(size_t elements) {
    void* data = nullptr;
    if (t_.allocate(elements * sizeof(float), &data, &error_) != HEBB_OK) note(error_.message);
    data_.push_back(data);
    return data;
  }
  void write(void* to, const std::vector<float>& numbers) {
    if (t_.upload(to, numbers.data(), numbers.size() * sizeof(float), &error_) != HEBB_OK) note(error_.message);
  }
  // Whole numbers: no order of adding matters.
  void expect() {
    for (uint32_t i = 0; i < kSums; ++i) {
      std::vector<float> got(kColumns);
      if (t_.download(got.data(), data_[2 * i + 1], bytes(1), &error_) != HEBB_OK) note(error_.message);
      for (int64_t column = 0; column < kColumns; ++column) {
        int64_t sum = 0;
        for (int64_t row = 0; row < kRows; ++row) sum += ((row * kColumns + column) * 7 + i) % 13;
        if (got[static_cast<size_t>(column)] != static_cast<float>(sum)) note("sums side by side: a sum is wrong");
      }
    }
  }
  void note(const std::string& what) {
    if (failed_.empty()) failed_.push_back(what);
  }

  const hebb_backend& t_;
  hebb_error error_ = {};
  std::vector<void*> data_;  // numbers and sums in turns
  hebb_view views_[kSums][2] = {};
  hebb_call calls_[kSums] = {};
  std::vector<std::string> failed_;
};

}  // namespace

std::vector<std::string> check_sums(const Backend& backend) { return SumsCheck(backend.table()).run(); }

}  // namespace parity
