// The functions that are called seldom: opening backends, settings and statistics.
#pragma once

#include <node_api.h>

namespace hebb {

class Environment;

// The state of this Node environment.
Environment& environment(napi_env env);

// The `code` of a JavaScript error for a status of abi.h.
const char* status_code(int status);

void add_cold_functions(napi_env env, napi_value exports);
// runs.cpp: runProgram, beginProgram and what goes with them.
void add_run_functions(napi_env env, napi_value exports);

}  // namespace hebb
