// Runs of programs: on the calling thread, or on the environment's other thread while JavaScript goes on.
#include <node_api.h>

#include "addon/cold.h"
#include "addon/environment.h"
#include "addon/values.h"

namespace hebb {
namespace {

// An Error with code, the failed command's place and the time of several, -1 before the first.
napi_value error_of(napi_env env, const RunError& error) {
  napi_value message = nullptr, code = nullptr, made = nullptr;
  napi_create_string_utf8(env, error.error.message, NAPI_AUTO_LENGTH, &message);
  napi_create_string_utf8(env, status_code(error.error.status), NAPI_AUTO_LENGTH, &code);
  napi_create_error(env, code, message, &made);
  napi_set_named_property(env, made, "command", from_double(env, error.command));
  napi_set_named_property(env, made, "time", from_double(env, error.time));
  return made;
}

// runProgram(program, spent?: Float64Array): replays it over the slots in the words, after everything in flight
napi_value run_program(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t program = 0;
  const size_t argc = arguments(env, info, argv);
  if (argc < 1 || napi_get_value_uint32(env, argv[0], &program) != napi_ok) return throw_misuse(env, "runProgram(program)");
  Environment& self = environment(env);
  void* spent = nullptr;
  size_t bytes = 0;
  const Program* known = self.program(program);
  if (argc > 1 && known != nullptr && (!bytes_of(env, argv[1], &spent, &bytes) || bytes < known->commands() * sizeof(double)))
    return throw_misuse(env, "runProgram(program, one number a command)");
  RunError error;
  if (!self.run_program(program, static_cast<double*>(spent), error)) napi_throw(env, error_of(env, error));
  return nullptr;
}

// onProgress(callback): calls it on the event loop after runs have ended. Once, before the first beginProgram.
napi_value on_progress(napi_env env, napi_callback_info info) {
  napi_value argv[1], name = nullptr;
  napi_threadsafe_function wake = nullptr;
  napi_create_string_utf8(env, "hebb", NAPI_AUTO_LENGTH, &name);
  if (arguments(env, info, argv) < 1 ||
      napi_create_threadsafe_function(env, argv[0], nullptr, name, 0, 1, nullptr, nullptr, nullptr, nullptr, &wake) != napi_ok)
    return throw_misuse(env, "onProgress(callback)");
  Environment& self = environment(env);
  self.wake_with([wake] { napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking); },
                 [wake, env](bool alive) {
                   if (alive)
                     napi_ref_threadsafe_function(env, wake);
                   else
                     napi_unref_threadsafe_function(env, wake);
                 });
  // Hooks run last in, first out: the thread ends before what it calls goes.
  napi_add_env_cleanup_hook(
      env, [](void* data) { static_cast<Environment*>(data)->stop(); }, &self);
  return nullptr;
}

// beginProgram(program): number: the run's ticket
napi_value begin_program(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint32_t program = 0;
  if (arguments(env, info, argv) < 1 || napi_get_value_uint32(env, argv[0], &program) != napi_ok)
    return throw_misuse(env, "beginProgram(program)");
  hebb_error error;
  const uint64_t ticket = environment(env).begin_program(program, error);
  return ticket == 0 ? throw_error(env, error) : from_double(env, static_cast<double>(ticket));
}

// settle(): number: the ticket of the last run that ended, whose tensors are free again
napi_value settle(napi_env env, napi_callback_info) { return from_double(env, static_cast<double>(environment(env).settle())); }

// waitFor(ticket)
napi_value wait_for(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  double ticket = 0;
  if (arguments(env, info, argv) < 1 || napi_get_value_double(env, argv[0], &ticket) != napi_ok ||
      !environment(env).wait_for(ticket))
    return throw_misuse(env, "waitFor(ticket)");
  return nullptr;
}

// takeFailure(): undefined, or the error of a run that failed, with its `ticket`; those begun after it have not run
napi_value take_failure(napi_env env, napi_callback_info) {
  Failure failure;
  if (!environment(env).take_failure(failure)) return nullptr;
  napi_value error = error_of(env, failure.error);
  napi_set_named_property(env, error, "ticket", from_double(env, static_cast<double>(failure.ticket)));
  return error;
}

// writer(handle): number: the ticket of the run that writes this buffer, 0 when none in flight does
napi_value writer(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  Environment& self = environment(env);
  const Buffer* buffer = arguments(env, info, argv) == 1 ? self.find(to_uint32(env, argv[0])) : nullptr;
  const bool waits = buffer != nullptr && buffer->writer > self.settle();
  return from_double(env, waits ? static_cast<double>(buffer->writer) : 0);
}

}  // namespace

void add_run_functions(napi_env env, napi_value exports) {
  add_functions(env, exports,
                {{"runProgram", run_program},
                 {"onProgress", on_progress},
                 {"beginProgram", begin_program},
                 {"settle", settle},
                 {"waitFor", wait_for},
                 {"takeFailure", take_failure},
                 {"writer", writer}});
}

}  // namespace hebb
