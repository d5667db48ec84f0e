// Transfers beside kernels: memory that is given back is handed out again while work is on its way, and nothing of it is waited
// for until the end. On a GPU a missing wait shows as a wrong number; under ThreadSanitizer, on the emulated engine, as a race.
#include <array>
#include <cstdio>
#include <cstring>
#include <random>

#include "backend.h"

namespace parity {
namespace {

constexpr int64_t kElements = int64_t{1} << 16;
constexpr uint64_t kBytes = kElements * sizeof(int32_t);  // large enough for the stream of copies

class OrderCheck {
 public:
  explicit OrderCheck(const hebb_backend& table) : t_(table) {
    for (uint32_t op = 0; op < t_.op_count; ++op) {
      if (std::strcmp(t_.op_name(op), "add") == 0) add_ = op;
      if (std::strcmp(t_.op_name(op), "sum") == 0) sum_ = op;
    }
  }

  // A new batch goes where the last one was, and is used at once.
  void batches() {
    std::vector<void*> sums;
    void* one = filled(1);
    for (int batch = 0; batch < 12; ++batch) {
      void* x = filled(batch * 100);
      void* y = take();
      add(y, x, one);
      give(x);
      sums.push_back(take());
      add(sums.back(), y, one);
      give(y);
    }
    for (size_t i = 0; i < sums.size(); ++i) expect(sums[i], static_cast<int32_t>(i) * 100 + 2, "batches");
    for (void* sum : sums) give(sum);
    give(one);
  }

  // The same memory is filled again while the kernels that read it are on their way.
  void overwritten() {
    void *x = filled(0), *one = filled(1);
    std::vector<void*> sums;
    for (int i = 0; i < 12; ++i) {
      fill(x, i * 10);
      sums.push_back(take());
      add(sums.back(), x, one);
    }
    for (size_t i = 0; i < sums.size(); ++i) expect(sums[i], static_cast<int32_t>(i) * 10 + 1, "overwritten");
    for (void* sum : sums) give(sum);
    give(x);
    give(one);
  }

  // Replays, and between them transfers into what they read and out of what they write.
  void recordings() {
    if (t_.record == nullptr) return;
    void *x = filled(5), *one = filled(1), *y = take();
    const hebb_view to = view(y), from[2] = {view(x), view(one)};
    void* recording = recorded({{add_, 1, 2, 0, &to, from, nullptr}}, "recordings");
    if (recording == nullptr) return;
    for (int i = 0; i < 6; ++i) {
      fill(x, i);
      void *used = filled(10), *sum = take();
      if (t_.replay(recording, &error_) != HEBB_OK) failed_.push_back(error_.message);
      add(sum, used, one);
      give(used);
      void* next = filled(-1);  // where `used` was, while the step and the addition are on their way
      if (i % 2 == 1) expect(y, i + 1, "recordings");
      expect(sum, 11, "recordings");
      give(next);
      give(sum);
    }
    t_.forget(recording);
    for (void* data : {x, one, y}) give(data);
  }

  // Replays of a recording whose commands form branches: sums of arrays, some of which are written again while others still read
  // them.
  void branches() {
    if (t_.record == nullptr) return;
    std::vector<void*> data;
    std::vector<uint32_t> values;
    for (uint32_t i = 0; i < kArrays; ++i) data.push_back(filled(static_cast<int32_t>(i))), values.push_back(i);
    const std::vector<Sum> sums = random_sums(40);
    std::vector<std::array<hebb_view, 3>> views;
    for (const Sum& sum : sums) views.push_back({view(data[sum.to]), view(data[sum.a]), view(data[sum.b])});
    std::vector<hebb_call> calls;
    for (const auto& each : views) calls.push_back({add_, 1, 2, 0, each.data(), &each[1], nullptr});
    void* recording = recorded(calls, "branches");
    if (recording == nullptr) return;
    for (int run = 0; run < 13; ++run) {
      if (run > 0 && t_.replay(recording, &error_) != HEBB_OK) failed_.push_back(error_.message);
      for (const Sum& sum : sums) values[sum.to] = values[sum.a] + values[sum.b];
      for (uint32_t i = 0; i < kArrays && run % 3 == 0; ++i) expect(data[i], static_cast<int32_t>(values[i]), "branches");
    }
    t_.forget(recording);
    for (void* each : data) give(each);
  }

  // Sums of long rows, which are made in parts that lie in scratch, in branches of one recording.
  void scratch() {
    if (t_.record == nullptr) return;
    std::vector<void*> rows, totals;
    for (int32_t i = 0; i < 4; ++i) rows.push_back(filled(i)), totals.push_back(take());
    std::vector<std::array<hebb_view, 2>> views;
    for (size_t i = 0; i < rows.size(); ++i)
      views.push_back({hebb_view{totals[i], {1, 1}, 2, HEBB_INT32}, hebb_view{rows[i], {1, kElements, 1}, 3, HEBB_INT32}});
    std::vector<hebb_call> calls;
    for (const auto& each : views) calls.push_back({sum_, 1, 1, 0, each.data(), &each[1], nullptr});
    void* recording = recorded(calls, "scratch");
    if (recording == nullptr) return;
    for (int32_t run = 1; run < 13; ++run) {
      for (size_t i = 0; i < rows.size(); ++i) fill(rows[i], run * static_cast<int32_t>(i + 1));
      if (t_.replay(recording, &error_) != HEBB_OK) failed_.push_back(error_.message);
      for (size_t i = 0; i < rows.size(); ++i)
        expect(totals[i], static_cast<int32_t>(kElements) * run * static_cast<int32_t>(i + 1), "scratch", 1);
    }
    t_.forget(recording);
    for (void* each : rows) give(each);
    for (void* each : totals) give(each);
  }

  std::vector<std::string> failed() const { return failed_; }

 private:
  static constexpr uint32_t kArrays = 6;
  struct Sum {
    uint32_t to, a, b;  // arrays, of which the first is another than the others
  };
  static std::vector<Sum> random_sums(int count) {
    std::mt19937 random(1);
    std::vector<Sum> sums;
    while (sums.size() < static_cast<size_t>(count)) {
      const uint32_t to = random() % kArrays, a = random() % kArrays, b = random() % kArrays;
      if (to != a && to != b) sums.push_back({to, a, b});
    }
    return sums;
  }

  // Runs calls, and records them; null where that fails.
  void* recorded(const std::vector<hebb_call>& calls, const char* what) {
    for (const hebb_call& call : calls)
      if (t_.run(&call, &error_) != HEBB_OK) failed_.push_back(error_.message);
    void* recording = nullptr;
    if (t_.record(calls.data(), static_cast<uint32_t>(calls.size()), &recording, &error_) != HEBB_OK || recording == nullptr)
      failed_.push_back(std::string(what) + ": not recorded");
    return recording;
  }

  static hebb_view view(void* data) { return {data, {kElements}, 1, HEBB_INT32}; }

  void* take() {
    void* data = nullptr;
    if (t_.allocate(kBytes, &data, &error_) != HEBB_OK) failed_.push_back(error_.message);
    return data;
  }
  void give(void* data) { t_.release(data, kBytes); }
  void fill(void* data, int32_t value) {
    const std::vector<int32_t> values(kElements, value);
    if (t_.upload(data, values.data(), kBytes, &error_) != HEBB_OK) failed_.push_back(error_.message);
  }
  void* filled(int32_t value) {
    void* data = take();
    fill(data, value);
    return data;
  }
  void add(void* y, void* a, void* b) {
    const hebb_view to = view(y), from[2] = {view(a), view(b)};
    const hebb_call call = {add_, 1, 2, 0, &to, from, nullptr};
    if (t_.run(&call, &error_) != HEBB_OK) failed_.push_back(error_.message);
  }
  void expect(void* data, int32_t value, const char* what, size_t elements = kElements) {
    std::vector<int32_t> values(elements);
    if (t_.download(values.data(), data, elements * sizeof(int32_t), &error_) != HEBB_OK)
      return failed_.push_back(error_.message), void();
    for (const int32_t found : values) {
      if (found == value) continue;
      failed_.push_back(std::string(what) + ": " + std::to_string(found) + " instead of " + std::to_string(value));
      return;
    }
  }

  const hebb_backend& t_;
  uint32_t add_ = 0, sum_ = 0;
  hebb_error error_ = {};
  std::vector<std::string> failed_;
};

}  // namespace

std::vector<std::string> check_order(const Backend& backend) {
  OrderCheck check(backend.table());
  check.batches();
  check.overwritten();
  check.recordings();
  check.branches();
  check.scratch();
  return check.failed();
}

}  // namespace parity
