#include "addon/environment.h"

#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

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

// libgomp's threads spin for milliseconds at a barrier before they sleep, time that they take from each other where cores are
// shared. A wait of some ten microseconds bridges the gaps between ops, and was as fast on idle cores. libgomp reads this when it
// is loaded.
void shorten_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "3000", 0);
}

}  // namespace

int Environment::open(const char* path, std::string& error) {
  shorten_spinning();
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    error = dlerror();
    return -1;
  }
  auto entry = reinterpret_cast<hebb_backend_entry>(dlsym(library, "hebb_open_backend"));
  const hebb_backend* backend = entry == nullptr ? nullptr : entry(HEBB_ABI_VERSION);
  if (backend == nullptr) {
    error = std::string(path) + " does not speak version " + std::to_string(HEBB_ABI_VERSION) + " of the engine's function table";
    return -1;
  }
  backends_.push_back(backend);
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

bool Environment::retain(uint32_t handle) {
  Buffer* buffer = handles_.find(handle);
  if (buffer == nullptr) return false;
  ++buffer->references;
  return true;
}

bool Environment::release(uint32_t handle) {
  Buffer* buffer = handles_.find(handle);
  if (buffer == nullptr) return false;
  if (--buffer->references == 0) {
    backends_[buffer->device]->release(buffer->data, buffer->bytes);
    handles_.erase(handle);
  }
  return true;
}

int Environment::register_program(uint32_t device, const double* words, size_t count, hebb_error& error) {
  const hebb_backend* target = backend(device);
  if (target == nullptr) {
    refuse(error, HEBB_UNSUPPORTED, "there is no device %u", device);
    return -1;
  }
  std::unique_ptr<Program> program(Program::create(target, words, count, error));
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

bool Environment::run_program(uint32_t number, hebb_error& error, double& failed) {
  failed = -1;
  Program* program = number < programs_.size() ? programs_[number].get() : nullptr;
  if (program == nullptr) return refuse(error, HEBB_DISPOSED, "this compiled step was released");
  if (program->slots() + 1 > word_count_) return refuse(error, HEBB_UNSUPPORTED, "a compiled step takes too many tensors");
  slot_memory_.resize(program->slots());
  for (size_t i = 0; i < program->slots(); ++i) {
    const double word = words_[1 + i];
    const Buffer* buffer = word > 0 && word <= 2147483647.0 ? handles_.find(static_cast<uint32_t>(word)) : nullptr;
    if (buffer == nullptr) return refuse(error, HEBB_DISPOSED, "tensor %zu of a compiled step was disposed", i);
    slot_memory_[i] = {buffer->data, buffer->bytes};
  }
  size_t place = 0;
  if (program->run(slot_memory_.data(), error, place)) return true;
  failed = static_cast<double>(place);
  return false;
}

void Environment::close() {
  programs_.clear();
  handles_.for_each_live([this](Buffer& buffer) { backends_[buffer.device]->release(buffer.data, buffer.bytes); });
  handles_ = HandleTable();
  words_ = nullptr;
  word_count_ = 0;
}

}  // namespace hebb
