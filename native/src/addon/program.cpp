#include "addon/program.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "addon/environment.h"
#include "addon/words.h"

namespace hebb {

// A position in command words.
class WordReader {
 public:
  WordReader(const double* words, size_t count) : words_(words), end_(count) {}
  // The next word as a whole number from 0 to `most`; -1 when it is none, or there is none.
  int64_t count(double most) { return at_ < end_ ? count_of(words_[at_++], most) : -1; }
  bool number(double& out) {
    if (at_ >= end_) return false;
    out = words_[at_++];
    return true;
  }
  bool form(hebb_view& view, int64_t& bytes, hebb_error& error) { return read_form(words_, at_, end_, view, bytes, error); }
  bool done() const { return at_ == end_; }
  size_t left() const { return end_ - at_; }

 private:
  const double* words_;
  size_t end_;
  size_t at_ = 0;
};

Program* Program::create(const hebb_backend* backend, void* caller, const double* words, size_t count, hebb_error& error) {
  std::unique_ptr<Program> program(new Program(backend, caller));
  return program->decode(words, count, error) ? program.release() : nullptr;
}

Program::~Program() {
  if (arena_ != nullptr) backend_->release(arena_, arena_bytes_);
}

bool Program::decode(const double* words, size_t count, hebb_error& error) {
  WordReader reader(words, count);
  const int64_t slots = reader.count(1 << 20), arena = reader.count(kMaxInteger), commands = reader.count(1 << 24);
  if (slots < 0 || arena < 0 || commands < 0) return refuse(error, HEBB_INTERNAL, "malformed program");
  slot_bytes_.assign(static_cast<size_t>(slots), 0);
  slot_written_.assign(static_cast<size_t>(slots), false);
  places_.assign(static_cast<size_t>(slots), nullptr);
  void* memory = nullptr;
  if (backend_->allocate(static_cast<uint64_t>(arena), &memory, &error) != HEBB_OK) return false;
  arena_ = memory;
  arena_bytes_ = static_cast<uint64_t>(arena);
  for (int64_t i = 0; i < commands; ++i)
    if (!decode_command(reader, error)) return false;
  if (!reader.done()) return refuse(error, HEBB_INTERNAL, "a program goes on after its last command");
  point_calls();
  return true;
}

// Once views and attributes lie where they will stay.
void Program::point_calls() {
  const hebb_view* view = views_.data();
  const double* attribute = attributes_.data();
  for (hebb_call& call : commands_) {
    call.outputs = view;
    call.inputs = view + call.n_outputs;
    call.attributes = attribute;
    view += call.n_outputs + call.n_inputs;
    attribute += call.n_attributes;
  }
}

bool Program::decode_command(WordReader& reader, hebb_error& error) {
  const int64_t op = reader.count(4294967295.0), outputs = reader.count(HEBB_MAX_OPERANDS);
  const int64_t inputs = reader.count(HEBB_MAX_OPERANDS), attributes = reader.count(static_cast<double>(reader.left()));
  if (op < 0 || outputs < 0 || inputs < 0 || attributes < 0)
    return refuse(error, HEBB_INTERNAL, "malformed command in a program");
  commands_.push_back({static_cast<uint32_t>(op), static_cast<uint32_t>(outputs), static_cast<uint32_t>(inputs),
                       static_cast<uint32_t>(attributes), nullptr, nullptr, nullptr});
  for (int64_t i = 0; i < outputs + inputs; ++i)
    if (!decode_operand(reader, i < outputs, error)) return false;
  for (int64_t i = 0; i < attributes; ++i) {
    double value;
    if (!reader.number(value)) return refuse(error, HEBB_INTERNAL, "a program ends inside its attributes");
    attributes_.push_back(value);
  }
  return true;
}

bool Program::decode_operand(WordReader& reader, bool written, hebb_error& error) {
  double place;
  hebb_view view = {};
  int64_t bytes;
  if (!reader.number(place)) return refuse(error, HEBB_INTERNAL, "a program ends inside an operand");
  if (!reader.form(view, bytes, error)) return false;
  if (place >= 0) {
    const int64_t slot = count_of(place, static_cast<double>(slot_bytes_.size()) - 1);
    if (slot < 0) return refuse(error, HEBB_INTERNAL, "an operand names slot %g of %zu", place, slot_bytes_.size());
    slot_bytes_[slot] = std::max(slot_bytes_[slot], static_cast<uint64_t>(bytes));
    if (written) slot_written_[slot] = true;
    uses_.push_back({views_.size(), static_cast<size_t>(slot)});
  } else {
    const int64_t offset = count_of(-1 - place, kMaxInteger);
    if (offset < 0 || static_cast<uint64_t>(offset) > arena_bytes_ || static_cast<uint64_t>(bytes) > arena_bytes_ - offset)
      return refuse(error, HEBB_INTERNAL, "an operand reaches outside of the arena");
    view.data = static_cast<char*>(arena_) + offset;
  }
  views_.push_back(view);
  return true;
}

bool Program::run(const SlotMemory* slots, size_t count, double* spent, RunError& error) {
  if (backend_->act_for != nullptr) backend_->act_for(caller_);
  const size_t times = slot_bytes_.empty() ? 1 : count / slot_bytes_.size();
  for (size_t i = 0; i < times * slot_bytes_.size(); ++i) {
    const size_t slot = i % slot_bytes_.size();
    if (slots[i].bytes < slot_bytes_[slot])
      return refuse(error.error, HEBB_BAD_SHAPE, "tensor %zu of a compiled step has %llu bytes, and %llu are needed", slot,
                    static_cast<unsigned long long>(slots[i].bytes), static_cast<unsigned long long>(slot_bytes_[slot]));
  }
  recordings_.make_room(times);
  for (size_t time = 0; time < times; ++time) {
    if (run_once(slots + time * slot_bytes_.size(), spent, error)) continue;
    error.time = static_cast<double>(time);
    return false;
  }
  return true;
}

bool Program::run_once(const SlotMemory* slots, double* spent, RunError& error) {
  for (const SlotUse& use : uses_) views_[use.view].data = slots[use.slot].data;
  if (spent != nullptr || !recordings_.wanted()) return run_commands(spent, error);
  for (size_t i = 0; i < places_.size(); ++i) places_[i] = slots[i].data;
  void* recording = recordings_.find(places_, commands_);
  return recording == nullptr ? run_commands(spent, error) : backend_->replay(recording, &error.error) == HEBB_OK;
}

bool Program::run_commands(double* spent, RunError& error) {
  using Clock = std::chrono::steady_clock;
  for (size_t i = 0; i < commands_.size(); ++i) {
    const Clock::time_point start = spent == nullptr ? Clock::time_point() : Clock::now();
    if (backend_->run(&commands_[i], &error.error) != HEBB_OK) {
      error.command = static_cast<double>(i);
      return false;
    }
    if (spent != nullptr) spent[i] += std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }
  return true;
}

}  // namespace hebb
