// Several callers of one backend: what one did wrong is told to that one alone, and its parameters stay what they were.
#include <cstring>
#include <mutex>
#include <thread>

#include "backend.h"

namespace parity {
namespace {

constexpr int64_t kRows = 4;

// Takes a row of an array, by an index that may be bad, as the gradient of a parameter, and updates the parameter.
class Caller {
 public:
  Caller(const hebb_backend& table, float start) : t_(table), self_(table.join()), start_(start) {
    act();
    for (void*& data : data_)
      if (t_.allocate(kBytes, &data, &error_) != HEBB_OK) note(error_.message);
    const float rows[kRows] = {1, 2, 3, 4}, rate = 1;
    write(kArray, rows, sizeof rows);
    write(kParameter, &start_, sizeof start_);
    write(kRate, &rate, sizeof rate);
    views_[kArray] = {data_[kArray], {1, kRows, 1}, 3, HEBB_FLOAT32};
    views_[kGradient] = {data_[kGradient], {1, 1, 1}, 3, HEBB_FLOAT32};
    views_[kIndex] = {data_[kIndex], {1}, 1, HEBB_INT32};
    for (const int scalar : {kParameter, kRate}) views_[scalar] = {data_[scalar], {}, 0, HEBB_FLOAT32};
    taken_[0] = views_[kArray];
    taken_[1] = views_[kIndex];
    updated_[0] = views_[kParameter];
    updated_[1] = {data_[kGradient], {}, 0, HEBB_FLOAT32};
    updated_[2] = views_[kRate];
    calls_[0] = {opcode(t_, "gather"), 1, 2, 0, &views_[kGradient], taken_, nullptr};
    calls_[1] = {opcode(t_, "sgdUpdate"), 1, 3, 3, &views_[kParameter], updated_, kPlain};
  }
  ~Caller() {
    act();
    if (recording_ != nullptr) t_.forget(recording_);
    for (void* data : data_) t_.release(data, kBytes);
    t_.act_for(nullptr);
    t_.leave(self_);
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Command by command, then recorded.
  void step(int32_t index) {
    act();
    write(kIndex, &index, sizeof index);
    if (recorded_ && recording_ == nullptr && t_.record != nullptr &&
        (t_.record(calls_, 2, &recording_, &error_) != HEBB_OK || recording_ == nullptr))
      note("not recorded");
    if (recording_ != nullptr) {
      if (t_.replay(recording_, &error_) != HEBB_OK) note(error_.message);
    } else {
      for (const hebb_call& call : calls_)
        if (t_.run(&call, &error_) != HEBB_OK) note(error_.message);
    }
    if (0 <= index && index < kRows && !wrong_) start_ -= static_cast<float>(index + 1);
    if (!(0 <= index && index < kRows) && !wrong_) {
      wrong_ = true;
      message_ = "received " + std::to_string(index) + " at";
    }
    recorded_ = true;
  }
  // Reads the parameter: the first wrong index is told, and the parameter is what it was before.
  void read() {
    act();
    float got = 0;
    const int status = t_.download(&got, data_[kParameter], sizeof got, &error_);
    if (wrong_ && (status != HEBB_BAD_RANGE || std::strstr(error_.message, message_.c_str()) == nullptr))
      note("expected an error that names " + message_ + ", got " + (status == HEBB_OK ? "none" : error_.message));
    if (!wrong_ && status != HEBB_OK) note(std::string("told of somebody else's: ") + error_.message);
    if (status != HEBB_OK && t_.download(&got, data_[kParameter], sizeof got, &error_) != HEBB_OK) note("told twice");
    if (got != start_) note("a parameter is " + std::to_string(got) + ", not " + std::to_string(start_));
    wrong_ = false;
  }
  const std::vector<std::string>& failed() const { return failed_; }

 private:
  enum { kArray, kIndex, kGradient, kParameter, kRate, kCount };
  static constexpr uint64_t kBytes = 16;
  static constexpr double kPlain[3] = {0, 0, 0};  // sgdUpdate's

  void act() const { t_.act_for(self_); }
  void write(int array, const void* from, uint64_t bytes) {
    if (t_.upload(data_[array], from, bytes, &error_) != HEBB_OK) note(error_.message);
  }
  void note(const std::string& what) {
    if (failed_.empty()) failed_.push_back(what);
  }

  const hebb_backend& t_;
  void* self_;
  float start_;  // what the parameter ought to be
  bool wrong_ = false, recorded_ = false;
  std::string message_;
  void* data_[kCount] = {};
  hebb_view views_[kCount] = {}, taken_[2] = {}, updated_[3] = {};
  hebb_call calls_[2] = {};
  void* recording_ = nullptr;
  hebb_error error_ = {};
  std::vector<std::string> failed_;
};

// Mistakes of two, one thread for both.
void take_turns(const hebb_backend& table, std::vector<std::string>& failed) {
  Caller a(table, 100), b(table, 200);
  for (int round = 0; round < 20; ++round) {
    a.step(round % 4);
    b.step(3);
    a.step(round % 3 == 0 ? 70 + round : 1);
    b.step(round % 5 == 0 ? -1 - round : 2);
    a.step(0);
    b.read();
    if (round % 2 == 0) a.read();
  }
  a.read();
  for (const Caller* caller : {&a, &b}) failed.insert(failed.end(), caller->failed().begin(), caller->failed().end());
}

}  // namespace

std::vector<std::string> check_callers(const Backend& backend) {
  const hebb_backend& table = backend.table();
  std::vector<std::string> failed;
  if (table.join == nullptr) return failed;
  take_turns(table, failed);
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int which = 0; which < 3; ++which)
    threads.emplace_back([&, which] {
      Caller caller(table, 0);
      for (int round = 0; round < 40; ++round) {
        caller.step(round % (4 + which));  // of 4 rows
        if (round % 3 == which) caller.read();
      }
      caller.read();
      const std::lock_guard<std::mutex> lock(mutex);
      failed.insert(failed.end(), caller.failed().begin(), caller.failed().end());
    });
  for (std::thread& thread : threads) thread.join();
  return failed;
}

}  // namespace parity
