#include "addon/environment.h"

#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "addon/spinning.h"
#include "addon/words.h"

namespace hebb {

bool refuse(hebb_error& error, int status, const char* format, ...) {
  error.status = status;
  va_list args;
  va_start(args, format);
  std::vsnprintf(error.message, sizeof error.message, format, args);
  va_end(args);
  return false;
}

namespace {

// Why a library gave no backend, in its own words where it has any.
std::string refusal(const char* path, void* library) {
  const auto problem = reinterpret_cast<hebb_backend_problem_entry>(dlsym(library, "hebb_backend_problem"));
  if (problem != nullptr && problem()[0] != 0) return problem();
  return std::string(path) + " does not speak version " + std::to_string(HEBB_ABI_VERSION) + " of the engine's function table";
}

}  // namespace

int Environment::open(const char* path, std::string& error) {
  choose_spinning();
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    error = dlerror();
    return -1;
  }
  auto entry = reinterpret_cast<hebb_backend_entry>(dlsym(library, "hebb_open_backend"));
  const hebb_backend* backend = entry == nullptr ? nullptr : entry(HEBB_ABI_VERSION);
  if (backend == nullptr) {
    error = refusal(path, library);
    return -1;
  }
  backends_.push_back(backend);
  callers_.push_back(backend->join != nullptr ? backend->join() : nullptr);
  // Each environment has a thread of its own; a program's runs say so themselves.
  if (backend->act_for != nullptr) backend->act_for(callers_.back());
  return static_cast<int>(backends_.size()) - 1;
}

uint32_t Environment::create(uint32_t device, uint64_t bytes, hebb_error& error) {
  const hebb_backend* target = backend(device);
  if (target == nullptr) {
    refuse(error, HEBB_UNSUPPORTED, "there is no device %u", device);
    return 0;
  }
  void* data = nullptr;
  if (target->allocate(bytes, &data, &error) != HEBB_OK) return 0;
  const uint32_t handle = handles_.insert(data, bytes, device);
  if (handle == 0) {
    target->release(data, bytes);
    refuse(error, HEBB_OUT_OF_MEMORY, "%u tensors are alive, the most there can be; run steps in scope() so that they are freed",
           HandleTable::kMaxSlots);
  }
  return handle;
}

namespace {

bool is_host(const hebb_backend& backend) { return std::strcmp(backend.name, "cpu") == 0; }

// By way of the host's memory where neither side is it.
int transfer(const hebb_backend& to, void* target, const hebb_backend& from, const Buffer& source, hebb_error& error) {
  if (is_host(to)) return from.download(target, source.data, source.bytes, &error);
  if (is_host(from)) return to.upload(target, source.data, source.bytes, &error);
  std::unique_ptr<char[]> between(new (std::nothrow) char[source.bytes]);
  if (between == nullptr) {
    refuse(error, HEBB_OUT_OF_MEMORY, "no host memory for %llu bytes", static_cast<unsigned long long>(source.bytes));
    return error.status;
  }
  const int status = from.download(between.get(), source.data, source.bytes, &error);
  return status == HEBB_OK ? to.upload(target, between.get(), source.bytes, &error) : status;
}

}  // namespace

uint32_t Environment::copy(uint32_t handle, uint32_t device, hebb_error& error) {
  const Buffer* found = handles_.find(handle);
  if (found == nullptr) {
    refuse(error, HEBB_DISPOSED, "the tensor was disposed, or belongs to another thread");
    return 0;
  }
  // The table may move when the new buffer joins it.
  const Buffer source = *found;
  const uint32_t made = create(device, source.bytes, error);
  if (made == 0) return 0;
  wait_for(source);
  if (transfer(*backends_[device], handles_.find(made)->data, *backends_[source.device], source, error) == HEBB_OK) return made;
  release(made);
  return 0;
}

bool Environment::retain(uint32_t handle) {
  Buffer* buffer = handles_.find(handle);
  if (buffer == nullptr) return false;
  ++buffer->references;
  return true;
}

bool Environment::release(uint32_t handle) {
  Buffer* buffer = handles_.find(handle);
  if (buffer == nullptr) return false;
  if (--buffer->references == 0 && buffer->pins == 0) free(handle, *buffer);
  return true;
}

void Environment::unpin(uint32_t handle) {
  Buffer& buffer = handles_.pinned(handle);
  if (--buffer.pins == 0 && buffer.references == 0) free(handle, buffer);
}

void Environment::free(uint32_t handle, const Buffer& buffer) {
  backends_[buffer.device]->release(buffer.data, buffer.bytes);
  handles_.erase(handle);
}

int Environment::register_program(uint32_t device, const double* words, size_t count, hebb_error& error) {
  const hebb_backend* target = backend(device);
  if (target == nullptr) {
    refuse(error, HEBB_UNSUPPORTED, "there is no device %u", device);
    return -1;
  }
  std::shared_ptr<Program> program(Program::create(target, callers_[device], words, count, error));
  if (program == nullptr) return -1;
  for (size_t i = 0; i < programs_.size(); ++i) {
    if (programs_[i] == nullptr) {
      programs_[i] = std::move(program);
      return static_cast<int>(i);
    }
  }
  programs_.push_back(std::move(program));
  return static_cast<int>(programs_.size()) - 1;
}

void Environment::release_program(uint32_t program) {
  if (program < programs_.size()) programs_[program].reset();
}

bool Environment::read_slots(const Program& program, std::vector<SlotMemory>& slots, hebb_error& error) {
  const int64_t count = word_count_ > 0 ? count_of(words_[0], static_cast<double>((word_count_ - 1) / 2)) : -1;
  const bool whole = program.slots() == 0 ? count == 0 : count > 0 && count % static_cast<int64_t>(program.slots()) == 0;
  if (!whole) return refuse(error, HEBB_INTERNAL, "a compiled step of %zu tensors was given %g", program.slots(), words_[0]);
  slots.resize(static_cast<size_t>(count));
  for (size_t i = 0; i < slots.size(); ++i) {
    const double word = words_[1 + 2 * i];
    const Buffer* buffer = word > 0 && word <= 2147483647.0 ? handles_.find(static_cast<uint32_t>(word)) : nullptr;
    if (buffer == nullptr) return refuse(error, HEBB_DISPOSED, "tensor %zu of a compiled step was disposed", i);
    if (backends_[buffer->device] != program.backend())
      return refuse(error, HEBB_UNSUPPORTED, "tensor %zu of a compiled step is on another device than the step", i);
    const int64_t offset = count_of(words_[2 + 2 * i], static_cast<double>(buffer->bytes));
    if (offset < 0) return refuse(error, HEBB_BAD_SHAPE, "tensor %zu of a compiled step begins outside of its memory", i);
    slots[i] = {static_cast<char*>(buffer->data) + offset, buffer->bytes - static_cast<uint64_t>(offset)};
  }
  return true;
}

bool Environment::run_program(uint32_t number, double* spent, RunError& error) {
  wait_for_all();
  Program* program = number < programs_.size() ? programs_[number].get() : nullptr;
  if (program == nullptr) return refuse(error.error, HEBB_DISPOSED, "this compiled step was released");
  return read_slots(*program, slot_memory_, error.error) && program->run(slot_memory_.data(), slot_memory_.size(), spent, error);
}

uint64_t Environment::begin_program(uint32_t number, hebb_error& error) {
  const std::shared_ptr<Program> program = number < programs_.size() ? programs_[number] : nullptr;
  if (program == nullptr) return refuse(error, HEBB_DISPOSED, "this compiled step was released");
  std::vector<SlotMemory> slots;
  if (!read_slots(*program, slots, error)) return 0;
  if (queue_ == nullptr) queue_ = std::make_unique<ProgramQueue>(wake_);
  if (flights_.empty()) keep_alive_(true);
  const size_t count = slots.size();
  const uint64_t ticket = queue_->begin(program, std::move(slots));
  pin(*program, count, ticket);
  return ticket;
}

void Environment::pin(const Program& program, size_t count, uint64_t ticket) {
  Flight flight = {ticket, {}};
  flight.pinned.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const auto handle = static_cast<uint32_t>(words_[1 + 2 * i]);
    Buffer& buffer = handles_.pinned(handle);
    ++buffer.pins;
    if (program.writes(i % program.slots())) buffer.writer = ticket;
    flight.pinned.push_back(handle);
  }
  flights_.push_back(std::move(flight));
}

uint64_t Environment::settle() {
  if (queue_ == nullptr) return 0;
  const uint64_t finished = queue_->finished();
  while (!flights_.empty() && flights_.front().ticket <= finished) {
    for (const uint32_t handle : flights_.front().pinned) unpin(handle);
    flights_.pop_front();
    if (flights_.empty()) keep_alive_(false);
  }
  return finished;
}

void Environment::stop() {
  queue_.reset();
  for (const Flight& flight : flights_)
    for (const uint32_t handle : flight.pinned) unpin(handle);
  flights_.clear();
}

void Environment::close() {
  stop();
  programs_.clear();
  handles_.for_each_live([this](Buffer& buffer) { backends_[buffer.device]->release(buffer.data, buffer.bytes); });
  handles_ = HandleTable();
  for (size_t i = 0; i < backends_.size(); ++i)
    if (backends_[i]->leave != nullptr) backends_[i]->leave(callers_[i]);
  backends_.clear();
  callers_.clear();
  words_ = nullptr;
  word_count_ = 0;
}

}  // namespace hebb
