// hebb_gc.node: tokens that free a tensor's memory when JavaScript collects the tensor. Built with Node's experimental Node-API,
// whose finalizers run during garbage collection itself, so that a loop that never yields does not hold on to memory; without
// those headers it is built with the default finalizers, which wait for the event loop.
#ifdef HEBB_GC_EXPERIMENTAL
#define NAPI_EXPERIMENTAL
#else
#define NAPI_VERSION 9
#endif
#include <node_api.h>

#include "addon/gc_hooks.h"

namespace {

struct Token {
  uint32_t handle;
  int64_t bytes;
  const hebb_gc_hooks hooks;
};

#ifdef HEBB_GC_EXPERIMENTAL
using FinalizeEnv = node_api_nogc_env;
#else
using FinalizeEnv = napi_env;
#endif

void adjust(FinalizeEnv env, int64_t bytes) {
  int64_t total = 0;
  if (bytes != 0) napi_adjust_external_memory(env, bytes, &total);
}

void finalize(FinalizeEnv env, void* data, void*) {
  auto* token = static_cast<Token*>(data);
  if (token->handle != 0) {
    token->hooks.release(token->hooks.environment, token->handle);
    adjust(env, -token->bytes);
  }
  token->hooks.disown(token->hooks.environment);
  delete token;
}

// attach(hooks, handle, bytes): External. The token takes over one reference to the handle.
napi_value attach(napi_env env, napi_callback_info info) {
  napi_value argv[3], result = nullptr;
  size_t argc = 3;
  void* hooks = nullptr;
  uint32_t handle = 0;
  int64_t bytes = 0;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  if (argc < 3 || napi_get_value_external(env, argv[0], &hooks) != napi_ok || hooks == nullptr) {
    napi_throw_error(env, "internal", "attach(hooks, handle, bytes)");
    return nullptr;
  }
  napi_get_value_uint32(env, argv[1], &handle);
  napi_get_value_int64(env, argv[2], &bytes);
  auto* token = new Token{handle, bytes, *static_cast<hebb_gc_hooks*>(hooks)};
  token->hooks.own(token->hooks.environment);
  if (napi_create_external(env, token, finalize, nullptr, &result) != napi_ok) {
    token->hooks.disown(token->hooks.environment);
    delete token;
    napi_throw_error(env, "internal", "a GC token could not be made");
    return nullptr;
  }
  if (handle != 0) adjust(env, bytes);
  return result;
}

// update(token, handle, bytes): the token watches another handle from now on; the old one is the caller's to release.
napi_value update(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  size_t argc = 3;
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  if (argc < 3 || napi_get_value_external(env, argv[0], &data) != napi_ok || data == nullptr) {
    napi_throw_error(env, "internal", "update(token, handle, bytes)");
    return nullptr;
  }
  auto* token = static_cast<Token*>(data);
  const int64_t before = token->handle == 0 ? 0 : token->bytes;
  napi_get_value_uint32(env, argv[1], &token->handle);
  napi_get_value_int64(env, argv[2], &token->bytes);
  const int64_t after = token->handle == 0 ? 0 : token->bytes;
  adjust(env, after - before);
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {{"attach", attach}, {"update", update}};
  for (const auto& function : functions) {
    napi_value value = nullptr;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, nullptr, &value);
    napi_set_named_property(env, exports, function.name, value);
  }
  napi_value immediate = nullptr;
#ifdef HEBB_GC_EXPERIMENTAL
  napi_get_boolean(env, true, &immediate);
#else
  napi_get_boolean(env, false, &immediate);
#endif
  napi_set_named_property(env, exports, "immediate", immediate);
  return exports;
}
