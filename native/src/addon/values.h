// Between Node-API values and C++.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "addon/cold.h"
#include "addon/environment.h"

namespace hebb {

inline napi_value throw_error(napi_env env, const hebb_error& error) {
  napi_throw_error(env, status_code(error.status), error.message);
  return nullptr;
}

inline napi_value throw_misuse(napi_env env, const char* message) {
  napi_throw_error(env, "internal", message);
  return nullptr;
}

template <size_t N>
size_t arguments(napi_env env, napi_callback_info info, napi_value (&out)[N]) {
  size_t count = N;
  napi_get_cb_info(env, info, &count, out, nullptr, nullptr);
  return count;
}

inline uint32_t to_uint32(napi_env env, napi_value value) {
  uint32_t number = 0;
  return napi_get_value_uint32(env, value, &number) == napi_ok ? number : 0;
}

inline napi_value from_double(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

// The bytes of a typed array or DataView; false for anything else, a detached buffer included.
inline bool bytes_of(napi_env env, napi_value value, void** data, size_t* bytes) {
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

struct NamedFunction {
  const char* name;
  napi_callback callback;
};

inline void add_functions(napi_env env, napi_value exports, std::initializer_list<NamedFunction> functions) {
  for (const NamedFunction& function : functions) {
    napi_value value = nullptr;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, nullptr, &value);
    napi_set_named_property(env, exports, function.name, value);
  }
}

}  // namespace hebb
