// A backend with two ops over float32: 0 adds its inputs, 1 always refuses.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "hebb/abi.h"

namespace {

const char* describe() { return "toy"; }

int allocate(uint64_t bytes, void** data, hebb_error*) {
  *data = std::malloc(bytes > 0 ? bytes : 1);
  return HEBB_OK;
}

void release(void* data, uint64_t) { std::free(data); }

int copy(void* destination, const void* source, uint64_t bytes, hebb_error*) {
  std::memcpy(destination, source, bytes);
  return HEBB_OK;
}

int run(const hebb_call* call, hebb_error* error) {
  if (call->op == 1) {
    error->status = HEBB_BAD_RANGE;
    std::snprintf(error->message, sizeof error->message, "refused");
    return HEBB_BAD_RANGE;
  }
  const auto* a = static_cast<const float*>(call->inputs[0].data);
  const auto* b = static_cast<const float*>(call->inputs[1].data);
  auto* sum = static_cast<float*>(call->outputs[0].data);
  for (int64_t i = 0; i < call->outputs[0].dims[0]; ++i) sum[i] = a[i] + b[i];
  return HEBB_OK;
}

void memory(hebb_memory* out) { *out = {}; }
void nothing() {}
void budget(uint64_t) {}
int threads(int) { return 1; }
const char* op_name(uint32_t op) { return op == 0 ? "add" : op == 1 ? "refuse" : nullptr; }

const hebb_backend kToy = {HEBB_ABI_VERSION, 2,       "toy",  describe, allocate, release, copy,    copy,    run,
                           memory,           nothing, budget, nothing,  threads,  op_name, nullptr, nullptr, nullptr,
                           nullptr,          nullptr, nullptr};

}  // namespace

extern "C" __attribute__((visibility("default"))) const hebb_backend* hebb_open_backend(uint32_t) { return &kToy; }
