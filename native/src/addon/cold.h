// The functions that are called seldom: opening backends, settings and statistics.
#pragma once

#include <node_api.h>

namespace hebb {

class Environment;

// The state of this Node environment.
Environment& environment(napi_env env);

void add_cold_functions(napi_env env, napi_value exports);

}  // namespace hebb
