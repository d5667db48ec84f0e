#include "backend.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

namespace parity {
namespace {

// Memory of the backend for one array, which begins `skip` elements behind the start of the memory.
class Buffer {
 public:
  Buffer(const hebb_backend& table, const Array& array, int64_t skip, Outcome& outcome)
      : table_(table), skip_(static_cast<uint64_t>(skip * width(array.dtype))), bytes_(skip_ + array.bytes.size()) {
    hebb_error error = {};
    if (table_.allocate(bytes_, &data_, &error) == HEBB_OK)
      upload(array, outcome);
    else
      note(outcome, error);
  }
  void upload(const Array& array, Outcome& outcome) const {
    std::vector<uint8_t> all(skip_);
    all.insert(all.end(), array.bytes.begin(), array.bytes.end());
    hebb_error error = {};
    if (table_.upload(data_, all.data(), bytes_, &error) != HEBB_OK) note(outcome, error);
  }
  Buffer(Buffer&& other) noexcept : table_(other.table_), data_(other.data_), skip_(other.skip_), bytes_(other.bytes_) {
    other.data_ = nullptr;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_ != nullptr) table_.release(data_, bytes_);
  }
  void download(Array& array, Outcome& outcome) const {
    hebb_error error = {};
    if (table_.download(array.bytes.data(), data(), bytes_ - skip_, &error) != HEBB_OK) note(outcome, error);
  }
  void* data() const { return static_cast<char*>(data_) + skip_; }

  static void note(Outcome& outcome, const hebb_error& error) {
    if (outcome.status != HEBB_OK) return;
    outcome.status = error.status;
    outcome.message = error.message;
  }

 private:
  const hebb_backend& table_;
  void* data_ = nullptr;
  uint64_t skip_, bytes_;
};

}  // namespace

bool Backend::open(const std::string& path, std::string& problem) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    problem = dlerror();
    return false;
  }
  const auto entry = reinterpret_cast<hebb_backend_entry>(dlsym(library, "hebb_open_backend"));
  table_ = entry == nullptr ? nullptr : entry(HEBB_ABI_VERSION);
  if (table_ != nullptr) return true;
  const auto why = reinterpret_cast<hebb_backend_problem_entry>(dlsym(library, "hebb_backend_problem"));
  problem = why == nullptr ? path + " has no backend of this version" : why();
  return false;
}

namespace {

// A call and its arrays in the backend's memory.
class Prepared {
 public:
  Prepared(const hebb_backend& table, uint32_t op, const Case& c, Outcome& outcome) : case_(c) {
    for (const Array& input : c.inputs) {
      inputs_.emplace_back(table, input, c.skip, outcome);
      in_.push_back(input.view(inputs_.back().data()));
    }
    for (const Output& output : c.outputs) {
      outputs_.emplace_back(table, output.like, c.skip, outcome);
      out_.push_back(output.like.view(memory(output, outputs_.size() - 1).data()));
    }
    call_ = {op,
             static_cast<uint32_t>(out_.size()),
             static_cast<uint32_t>(in_.size()),
             static_cast<uint32_t>(c.attributes.size()),
             out_.data(),
             in_.data(),
             c.attributes.data()};
  }
  const hebb_call& call() const { return call_; }
  // Everything as it was before the call.
  void restore(Outcome& outcome) const {
    for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i].upload(case_.inputs[i], outcome);
    for (size_t k = 0; k < outputs_.size(); ++k) outputs_[k].upload(case_.outputs[k].like, outcome);
  }
  void read(Outcome& outcome) const {
    outcome.outputs.clear();
    for (size_t k = 0; k < outputs_.size(); ++k) {
      outcome.outputs.push_back(case_.outputs[k].like);
      memory(case_.outputs[k], k).download(outcome.outputs.back(), outcome);
    }
  }

 private:
  const Buffer& memory(const Output& output, size_t k) const {
    return output.alias < 0 ? outputs_[k] : inputs_[static_cast<size_t>(output.alias)];
  }

  const Case& case_;
  std::vector<Buffer> inputs_, outputs_;
  std::vector<hebb_view> in_, out_;
  hebb_call call_;
};

}  // namespace

Outcome Backend::run(uint32_t op, const Case& c) const {
  Outcome outcome;
  const Prepared prepared(*table_, op, c, outcome);
  hebb_error error = {};
  if (outcome.status == HEBB_OK && table_->run(&prepared.call(), &error) != HEBB_OK) Buffer::note(outcome, error);
  prepared.read(outcome);
  return outcome;
}

bool Backend::replay(uint32_t op, const Case& c, Outcome& outcome) const {
  if (table_->record == nullptr) return false;
  const Prepared prepared(*table_, op, c, outcome);
  hebb_error error = {};
  void* recording = nullptr;
  if (table_->run(&prepared.call(), &error) != HEBB_OK || table_->record(&prepared.call(), 1, &recording, &error) != HEBB_OK)
    Buffer::note(outcome, error);
  if (recording == nullptr) return false;
  for (int i = 0; i < 4; ++i) {
    prepared.restore(outcome);
    if (table_->replay(recording, &error) != HEBB_OK) Buffer::note(outcome, error);
  }
  prepared.read(outcome);
  table_->forget(recording);
  return true;
}

uint32_t opcode(const hebb_backend& table, const char* name) {
  uint32_t op = 0;
  while (op < table.op_count && std::strcmp(table.op_name(op), name) != 0) ++op;
  return op;
}

std::vector<std::string> check_memory(const Backend& backend) {
  const hebb_backend& t = backend.table();
  std::vector<std::string> failed;
  const auto expect = [&](bool good, const char* what) {
    if (!good) failed.push_back(what);
  };
  hebb_error error = {};
  hebb_memory before = {}, during = {}, after = {};
  t.memory(&before);
  constexpr uint64_t bytes = (uint64_t{9} << 20) + 123;  // several staging buffers, and no round number
  std::vector<uint8_t> sent(bytes), back(bytes);
  for (size_t i = 0; i < bytes; ++i) sent[i] = static_cast<uint8_t>(i * 31 + i / 251);
  void* data = nullptr;
  expect(t.allocate(bytes, &data, &error) == HEBB_OK, "allocating 9 MiB");
  expect(t.upload(data, sent.data(), bytes, &error) == HEBB_OK, "uploading");
  expect(t.download(back.data(), data, bytes, &error) == HEBB_OK, "downloading");
  expect(sent == back, "what comes back is what was sent");
  // A few at a place between words; those beside them stay.
  for (const uint64_t few : {0, 1, 3, 8, 255, 256, 257}) {
    const std::vector<uint8_t> numbers(few, static_cast<uint8_t>(few + 100));
    std::copy(numbers.begin(), numbers.end(), sent.begin() + 1);
    expect(t.upload(static_cast<char*>(data) + 1, numbers.data(), few, &error) == HEBB_OK, "uploading a few bytes");
    expect(t.download(back.data(), data, 300, &error) == HEBB_OK && std::equal(sent.begin(), sent.begin() + 300, back.begin()),
           "a few bytes are where they were sent");
  }
  t.memory(&during);
  expect(during.live_bytes == before.live_bytes + bytes, "live bytes count what is handed out");
  expect(during.reserved_bytes >= during.live_bytes, "reserved bytes cover live ones");
  t.release(data, bytes);
  t.memory(&after);
  expect(after.live_bytes == before.live_bytes, "released bytes are not live");
  expect(after.peak_bytes >= during.live_bytes, "the peak stays");
  t.trim();
  t.memory(&after);
  expect(after.reserved_bytes < during.reserved_bytes, "trim gives memory back");
  void* none = nullptr;
  expect(t.allocate(uint64_t{1} << 50, &none, &error) == HEBB_OUT_OF_MEMORY, "no memory for a pebibyte");
  expect(std::strlen(error.message) > 20, "the refusal names sizes");
  t.set_budget(before.live_bytes + (1 << 20));
  expect(t.allocate(bytes, &none, &error) == HEBB_OUT_OF_MEMORY, "the budget holds");
  t.set_budget(before.budget_bytes);
  expect(t.allocate(0, &none, &error) == HEBB_OK && none != nullptr, "an empty array has an address");
  t.release(none, 0);
  return failed;
}

}  // namespace parity
