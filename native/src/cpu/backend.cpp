// The CPU backend's function table: the only way into this library.
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "cpu/allocator.h"
#include "cpu/kernel.h"
#include "cpu/parallel.h"
#include "cpu/widen.h"
#include "dnnl.h"

namespace hebb {
namespace {

constexpr Kernel kKernels[] = {
#define HEBB_OP(name) name##_kernel,
#include "hebb/ops.def"
#undef HEBB_OP
};
constexpr const char* kNames[] = {
#define HEBB_OP(name) #name,
#include "hebb/ops.def"
#undef HEBB_OP
};
constexpr uint32_t kOpCount = sizeof kKernels / sizeof kKernels[0];

int default_threads() {
  if (const char* text = std::getenv("HEBB_NUM_THREADS")) {
    const int count = std::atoi(text);
    if (count > 0) return std::min(count, 1024);
  }
  return omp_get_max_threads();
}

std::atomic<int> g_threads{default_threads()};

int run(const hebb_call* call, hebb_error* error) {
  if (call->op >= kOpCount) return fail(*error, HEBB_UNSUPPORTED, "unknown opcode %u", call->op);
  const FlushDenormals flush;
  // oneDNN and libgomp read the team size of the calling thread.
  if (omp_get_max_threads() != thread_count()) omp_set_num_threads(thread_count());
  try {
    const Kernel kernel = kKernels[call->op];
    if (has_halves(*call) && !takes_halves(call->op)) return run_widened(kernel, *call, *error);
    return kernel(*call, *error);
  } catch (const std::bad_alloc&) {
    return fail(*error, HEBB_OUT_OF_MEMORY, "no memory for scratch space");
  } catch (const std::exception& caught) {
    return fail(*error, HEBB_INTERNAL, "%s", caught.what());
  } catch (...) {
    return fail(*error, HEBB_INTERNAL, "unknown C++ exception");
  }
}

int copy(void* destination, const void* source, uint64_t bytes, hebb_error*) {
  if (bytes > 0) std::memcpy(destination, source, bytes);
  return HEBB_OK;
}

int threads(int count) {
  if (count > 0) g_threads = std::min(count, 1024);
  return g_threads;
}

const char* level() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#else
  return "baseline";
#endif
}

const char* describe() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch) + ", " +
           level();
  }();
  return text.c_str();
}

const char* op_name(uint32_t op) { return op < kOpCount ? kNames[op] : nullptr; }

const hebb_backend kBackend = {HEBB_ABI_VERSION, kOpCount,   "cpu",      describe, allocate, release, copy,    copy,    run,
                               memory,           reset_peak, set_budget, trim,     threads,  op_name, nullptr, nullptr, nullptr,
                               nullptr,          nullptr,    nullptr};

}  // namespace

int thread_count() { return g_threads.load(std::memory_order_relaxed); }

}  // namespace hebb

extern "C" __attribute__((visibility("default"))) const hebb_backend* hebb_open_backend(uint32_t abi_version) {
  return abi_version == HEBB_ABI_VERSION ? &hebb::kBackend : nullptr;
}
