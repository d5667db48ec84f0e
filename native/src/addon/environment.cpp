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

void Environment::close() {
  handles_.for_each_live([this](Buffer& buffer) { backends_[buffer.device]->release(buffer.data, buffer.bytes); });
  handles_ = HandleTable();
  words_ = nullptr;
  word_count_ = 0;
}

}  // namespace hebb
