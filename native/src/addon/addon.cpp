// hebb.node: the engine as Node-API functions. Hot calls use the C API and take no arguments where they can: operands travel in
// the bound command words. Everything here runs on the environment's own thread.
#define NAPI_VERSION 9
#include <node_api.h>

#include <cstring>
#include <string>

#include "addon/environment.h"
#include "addon/gc_hooks.h"

namespace hebb {
namespace {

const char* code_of(int status) {
  static const char* const codes[] = {"ok", "shape", "dtype", "range", "disposed", "out-of-memory", "unsupported", "internal"};
  return status >= 0 && status <= HEBB_INTERNAL ? codes[status] : "internal";
}

napi_value throw_error(napi_env env, const hebb_error& error) {
  napi_throw_error(env, code_of(error.status), error.message);
  return nullptr;
}

napi_value throw_misuse(napi_env env, const char* message) {
  napi_throw_error(env, "internal", message);
  return nullptr;
}

Environment& environment(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

template <size_t N>
size_t arguments(napi_env env, napi_callback_info info, napi_value (&out)[N]) {
  size_t count = N;
  napi_get_cb_info(env, info, &count, out, nullptr, nullptr);
  return count;
}

uint32_t to_uint32(napi_env env, napi_value value) {
  uint32_t number = 0;
  return napi_get_value_uint32(env, value, &number) == napi_ok ? number : 0;
}

double to_double(napi_env env, napi_value value, double fallback) {
  double number = fallback;
  napi_get_value_double(env, value, &number);
  return number;
}

napi_value from_double(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

napi_value from_string(napi_env env, const char* text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

std::string to_string(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return {};
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

// The bytes of a typed array or DataView; false for anything else, a detached buffer included.
bool bytes_of(napi_env env, napi_value value, void** data, size_t* bytes) {
  bool is_typed = false;
  if (napi_is_typedarray(env, value, &is_typed) != napi_ok || !is_typed) return false;
  napi_typedarray_type type;
  size_t length = 0, offset = 0;
  napi_value buffer;
  if (napi_get_typedarray_info(env, value, &type, &length, data, &buffer, &offset) != napi_ok) return false;
  static constexpr size_t width[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (static_cast<size_t>(type) >= sizeof width / sizeof width[0]) return false;
  bool detached = false;
  napi_is_detached_arraybuffer(env, buffer, &detached);
  *bytes = length * width[type];
  return !detached;
}

// open(path): number
napi_value open(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  if (arguments(env, info, argv) < 1) return throw_misuse(env, "open(path)");
  std::string error;
  const int device = environment(env).open(to_string(env, argv[0]).c_str(), error);
  if (device < 0) {
    napi_throw_error(env, "unsupported", error.c_str());
    return nullptr;
  }
  return from_double(env, device);
}

// bindWords(Float64Array): the caller keeps it alive and never detaches it
napi_value bind_words(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  void* data = nullptr;
  size_t bytes = 0;
  if (arguments(env, info, argv) < 1 || !bytes_of(env, argv[0], &data, &bytes) || bytes % sizeof(double) != 0)
    return throw_misuse(env, "bindWords(Float64Array)");
  environment(env).bind_words(static_cast<double*>(data), bytes / sizeof(double));
  return nullptr;
}

// run(): the commands in the bound words
napi_value run(napi_env env, napi_callback_info) {
  hebb_error error;
  if (!environment(env).run(error)) return throw_error(env, error);
  return nullptr;
}

// create(device, Uint8Array): number
napi_value create(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  void* data = nullptr;
  size_t bytes = 0;
  if (arguments(env, info, argv) < 2 || !bytes_of(env, argv[1], &data, &bytes)) return throw_misuse(env, "create(device, bytes)");
  Environment& self = environment(env);
  const uint32_t device = to_uint32(env, argv[0]);
  hebb_error error;
  const uint32_t handle = self.create(device, bytes, error);
  if (handle == 0) return throw_error(env, error);
  if (self.backend(device)->upload(self.find(handle)->data, data, bytes, &error) != HEBB_OK) {
    self.release(handle);
    return throw_error(env, error);
  }
  return from_double(env, handle);
}

// read(handle, target: typed array): copies the buffer's first bytes into the target
napi_value read(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  void* data = nullptr;
  size_t bytes = 0;
  if (arguments(env, info, argv) < 2 || !bytes_of(env, argv[1], &data, &bytes)) return throw_misuse(env, "read(handle, target)");
  Environment& self = environment(env);
  const Buffer* buffer = self.find(to_uint32(env, argv[0]));
  hebb_error error;
  if (buffer == nullptr) {
    refuse(error, HEBB_DISPOSED, "the tensor was disposed, or belongs to another thread");
    return throw_error(env, error);
  }
  if (bytes > buffer->bytes) return throw_misuse(env, "read past the end of a buffer");
  if (self.backend(buffer->device)->download(data, buffer->data, bytes, &error) != HEBB_OK) return throw_error(env, error);
  return nullptr;
}

// retain(handle): boolean
napi_value retain(napi_env env, napi_callback_info info) {
  napi_value argv[1], result = nullptr;
  const bool done = arguments(env, info, argv) == 1 && environment(env).retain(to_uint32(env, argv[0]));
  napi_get_boolean(env, done, &result);
  return result;
}

// release(handle): boolean
napi_value release(napi_env env, napi_callback_info info) {
  napi_value argv[1], result = nullptr;
  const bool done = arguments(env, info, argv) == 1 && environment(env).release(to_uint32(env, argv[0]));
  napi_get_boolean(env, done, &result);
  return result;
}

// releaseWords(): the handles in words [1, words[0])
napi_value release_words(napi_env env, napi_callback_info) {
  Environment& self = environment(env);
  if (self.word_count() == 0) return nullptr;
  const double* words = self.words();
  const double end = words[0];
  for (size_t i = 1; i < self.word_count() && static_cast<double>(i) < end; ++i)
    if (words[i] > 0 && words[i] <= 2147483647.0) self.release(static_cast<uint32_t>(words[i]));
  return nullptr;
}

const hebb_backend* backend_argument(napi_env env, napi_value value) {
  const hebb_backend* backend = environment(env).backend(to_uint32(env, value));
  if (backend == nullptr) napi_throw_error(env, "unsupported", "there is no such device");
  return backend;
}

void set(napi_env env, napi_value object, const char* key, double number) {
  napi_set_named_property(env, object, key, from_double(env, number));
}

// memory(device): { liveBytes, reservedBytes, peakBytes, budgetBytes, tensors }
napi_value memory(napi_env env, napi_callback_info info) {
  napi_value argv[1], result = nullptr;
  arguments(env, info, argv);
  const hebb_backend* backend = backend_argument(env, argv[0]);
  if (backend == nullptr) return nullptr;
  hebb_memory stats = {};
  backend->memory(&stats);
  napi_create_object(env, &result);
  set(env, result, "liveBytes", static_cast<double>(stats.live_bytes));
  set(env, result, "reservedBytes", static_cast<double>(stats.reserved_bytes));
  set(env, result, "peakBytes", static_cast<double>(stats.peak_bytes));
  set(env, result, "budgetBytes", static_cast<double>(stats.budget_bytes));
  set(env, result, "tensors", environment(env).live());
  return result;
}

// configure(device, what, number): number; what is "threads", "budget", "trim" or "resetPeak"
napi_value configure(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  const size_t count = arguments(env, info, argv);
  const hebb_backend* backend = count < 2 ? nullptr : backend_argument(env, argv[0]);
  if (backend == nullptr) return nullptr;
  const std::string what = to_string(env, argv[1]);
  const double number = count > 2 ? to_double(env, argv[2], 0) : 0;
  if (what == "threads") return from_double(env, backend->threads(number >= 1 && number <= 1024 ? static_cast<int>(number) : 0));
  if (what == "budget") backend->set_budget(number >= 0 && number < 9.2e18 ? static_cast<uint64_t>(number) : 0);
  if (what == "trim") backend->trim();
  if (what == "resetPeak") backend->reset_peak();
  return from_double(env, number);
}

// describe(device): string
napi_value describe(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  arguments(env, info, argv);
  const hebb_backend* backend = backend_argument(env, argv[0]);
  return backend == nullptr ? nullptr : from_string(env, backend->describe());
}

// ops(device): string[]: an op's place is its opcode
napi_value ops(napi_env env, napi_callback_info info) {
  napi_value argv[1], result = nullptr;
  arguments(env, info, argv);
  const hebb_backend* backend = backend_argument(env, argv[0]);
  if (backend == nullptr) return nullptr;
  napi_create_array(env, &result);
  for (uint32_t i = 0; i < backend->op_count; ++i) napi_set_element(env, result, i, from_string(env, backend->op_name(i)));
  return result;
}

// gcHooks(): External for hebb_gc.node
napi_value gc_hooks(napi_env env, napi_callback_info) {
  Environment* self = &environment(env);
  auto* hooks = new hebb_gc_hooks{
      self, [](void* e, uint32_t handle) { return static_cast<Environment*>(e)->release(handle); },
      [](void* e) { static_cast<Environment*>(e)->own(); }, [](void* e) { static_cast<Environment*>(e)->disown(); }};
  napi_value external = nullptr;
  napi_create_external(
      env, hooks, [](napi_env, void* data, void*) { delete static_cast<hebb_gc_hooks*>(data); }, nullptr, &external);
  return external;
}

napi_value init(napi_env env, napi_value exports) {
  auto* self = new Environment();
  napi_set_instance_data(env, self, nullptr, nullptr);
  napi_add_env_cleanup_hook(
      env,
      [](void* data) {
        auto* closing = static_cast<Environment*>(data);
        closing->close();
        closing->disown();
      },
      self);
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {{"open", open},       {"bindWords", bind_words}, {"run", run},
                   {"create", create},   {"read", read},            {"retain", retain},
                   {"release", release}, {"releaseWords", release_words}, {"memory", memory},
                   {"configure", configure}, {"describe", describe}, {"ops", ops},
                   {"gcHooks", gc_hooks}};
  for (const auto& function : functions) {
    napi_value value = nullptr;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, nullptr, &value);
    napi_set_named_property(env, exports, function.name, value);
  }
  return exports;
}

}  // namespace
}  // namespace hebb

NAPI_MODULE_INIT() { return hebb::init(env, exports); }
