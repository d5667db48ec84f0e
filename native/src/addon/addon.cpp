// hebb.node: the engine as Node-API functions. These are called for every tensor, so they use the C API and take no arguments
// where they can: operands travel in the bound command words. Everything here runs on the environment's own thread.
#include <node_api.h>

#include <cstring>
#include <string>

#include "addon/cold.h"
#include "addon/environment.h"
#include "addon/gc_hooks.h"
#include "addon/values.h"

namespace hebb {

const char* status_code(int status) {
  static const char* const codes[] = {"ok", "shape", "dtype", "range", "disposed", "out-of-memory", "unsupported", "internal"};
  return status >= 0 && status <= HEBB_INTERNAL ? codes[status] : "internal";
}

Environment& environment(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

namespace {

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
  self.wait_for(*buffer);
  if (self.backend(buffer->device)->download(data, buffer->data, bytes, &error) != HEBB_OK) return throw_error(env, error);
  return nullptr;
}

// copy(handle, device): number: a new buffer with the bytes of another
napi_value copy(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t device = 0;
  if (arguments(env, info, argv) < 2 || napi_get_value_uint32(env, argv[1], &device) != napi_ok)
    return throw_misuse(env, "copy(handle, device)");
  hebb_error error;
  const uint32_t handle = environment(env).copy(to_uint32(env, argv[0]), device, error);
  return handle == 0 ? throw_error(env, error) : from_double(env, handle);
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

// allocate(device, bytes): number: a buffer with undefined contents
napi_value allocate(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  double bytes = -1;
  if (arguments(env, info, argv) < 2 || napi_get_value_double(env, argv[1], &bytes) != napi_ok || !(bytes >= 0 && bytes < 9.2e18))
    return throw_misuse(env, "allocate(device, bytes)");
  hebb_error error;
  const uint32_t handle = environment(env).create(to_uint32(env, argv[0]), static_cast<uint64_t>(bytes), error);
  return handle == 0 ? throw_error(env, error) : from_double(env, handle);
}

// references(handle): number; 0 for a stale handle
napi_value references(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  const Buffer* buffer = arguments(env, info, argv) == 1 ? environment(env).find(to_uint32(env, argv[0])) : nullptr;
  return from_double(env, buffer == nullptr ? 0 : buffer->references);
}

// gcHooks(): External for hebb_gc.node
napi_value gc_hooks(napi_env env, napi_callback_info) {
  Environment* self = &environment(env);
  auto* hooks = new hebb_gc_hooks{self, [](void* e, uint32_t handle) { return static_cast<Environment*>(e)->release(handle); },
                                  [](void* e) { static_cast<Environment*>(e)->own(); },
                                  [](void* e) { static_cast<Environment*>(e)->disown(); }};
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
  add_cold_functions(env, exports);
  add_run_functions(env, exports);
  add_functions(env, exports,
                {{"bindWords", bind_words},
                 {"run", run},
                 {"create", create},
                 {"read", read},
                 {"copy", copy},
                 {"retain", retain},
                 {"release", release},
                 {"releaseWords", release_words},
                 {"allocate", allocate},
                 {"references", references},
                 {"gcHooks", gc_hooks}});
  return exports;
}

}  // namespace
}  // namespace hebb

NAPI_MODULE_INIT() { return hebb::init(env, exports); }
