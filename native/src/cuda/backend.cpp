// The CUDA backend's function table: the only way into this library.
#include <exception>
#include <mutex>
#include <new>
#include <string>

#include "cpu/kernel.h"
#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/fault.h"
#include "cuda/memory.h"
#include "cuda/order.h"
#include "cuda/recording.h"
#include "cuda/transfer.h"

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

// JavaScript's thread and the one that replays steps may come at once; the stream, the staging buffers and the plans are shared.
std::mutex g_mutex;

// No exception may cross the C table.
template <typename Body>
int guarded(hebb_error& error, const Body& body) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  begin_call();
  try {
    return body();
  } catch (const EngineError& caught) {
    return fail(error, caught.status, "%s", caught.what());
  } catch (const std::bad_alloc&) {
    return fail(error, HEBB_OUT_OF_MEMORY, "no host memory for the CUDA engine");
  } catch (const std::exception& caught) {
    return fail(error, HEBB_INTERNAL, "%s", caught.what());
  } catch (...) {
    return fail(error, HEBB_INTERNAL, "unknown C++ exception");
  }
}

int dispatch(const hebb_call& call, hebb_error& error) {
  if (call.op >= kOpCount) return fail(error, HEBB_UNSUPPORTED, "unknown opcode %u", call.op);
  return kKernels[call.op](call, error);
}

int run(const hebb_call* call, hebb_error* error) {
  return guarded(*error, [&] { return dispatch(*call, *error); });
}

int record_calls(const hebb_call* calls, uint32_t count, void** recording, hebb_error* error) {
  *recording = nullptr;
  return guarded(*error, [&] {
    *recording = Recording::make(calls, count, dispatch);
    return static_cast<int>(HEBB_OK);
  });
}

int replay_recording(void* recording, hebb_error* error) {
  return guarded(*error, [&] {
    static_cast<Recording*>(recording)->replay();
    mark_calls();
    return static_cast<int>(HEBB_OK);
  });
}

void forget_recording(void* recording) {
  hebb_error unused;
  guarded(unused, [&] {
    delete static_cast<Recording*>(recording);
    return static_cast<int>(HEBB_OK);
  });
}

int upload_bytes(void* destination, const void* source, uint64_t bytes, hebb_error* error) {
  return guarded(*error, [&] {
    upload(destination, source, bytes);
    return static_cast<int>(HEBB_OK);
  });
}

int download_bytes(void* destination, const void* source, uint64_t bytes, hebb_error* error) {
  return guarded(*error, [&] { return download(destination, source, bytes, *error); });
}

void* join() {
  Faults* faults = nullptr;
  hebb_error unused;
  guarded(unused, [&] {
    faults = make_faults();
    return static_cast<int>(HEBB_OK);
  });
  return faults;
}

void act(void* caller) { act_for(static_cast<Faults*>(caller)); }

void leave(void* caller) {
  hebb_error unused;
  guarded(unused, [&] {
    if (caller != nullptr) drop_faults(static_cast<Faults*>(caller));
    return static_cast<int>(HEBB_OK);
  });
}

const char* describe() { return device().description.c_str(); }

// The host's threads do no arithmetic here.
int threads(int) { return 1; }

const char* op_name(uint32_t op) { return op < kOpCount ? kNames[op] : nullptr; }

const hebb_backend kBackend = {
    HEBB_ABI_VERSION, kOpCount,     "cuda",           describe,         allocate,   release, upload_bytes,
    download_bytes,   run,          memory,           reset_peak,       set_budget, trim,    threads,
    op_name,          record_calls, replay_recording, forget_recording, join,       act,     leave};

// Of the thread that asked.
thread_local std::string g_problem;

}  // namespace
}  // namespace hebb

extern "C" __attribute__((visibility("default"))) const hebb_backend* hebb_open_backend(uint32_t abi_version) {
  if (abi_version != HEBB_ABI_VERSION) {
    hebb::g_problem = "speaks version " + std::to_string(HEBB_ABI_VERSION) + " of the engine's function table, not version " +
                      std::to_string(abi_version);
    return nullptr;
  }
  return hebb::open_device(hebb::g_problem) ? &hebb::kBackend : nullptr;
}

extern "C" __attribute__((visibility("default"))) const char* hebb_backend_problem(void) { return hebb::g_problem.c_str(); }
