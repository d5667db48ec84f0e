#include "addon/cold.h"

#include <napi.h>

#include <string>

#include "addon/environment.h"

namespace hebb {
namespace {

using Info = Napi::CallbackInfo;

Napi::Error coded(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", code);
  return error;
}

std::string text(const Info& info, size_t index) {
  return info[index].IsString() ? info[index].As<Napi::String>().Utf8Value() : "";
}

double number(const Info& info, size_t index) {
  return info[index].IsNumber() ? info[index].As<Napi::Number>().DoubleValue() : 0;
}

// The device number in the first argument.
uint32_t device(const Info& info) {
  const double value = number(info, 0);
  if (!info[0].IsNumber() || !(value >= 0 && value < 256)) throw coded(info.Env(), "unsupported", "there is no such device");
  return static_cast<uint32_t>(value);
}

const hebb_backend& backend(const Info& info) {
  const hebb_backend* found = environment(info.Env()).backend(device(info));
  if (found == nullptr) throw coded(info.Env(), "unsupported", "there is no such device");
  return *found;
}

// open(path): number
Napi::Value open(const Info& info) {
  std::string error;
  const int device = environment(info.Env()).open(text(info, 0).c_str(), error);
  if (device < 0) throw coded(info.Env(), "unsupported", error);
  return Napi::Number::New(info.Env(), device);
}

// memory(device): { liveBytes, reservedBytes, peakBytes, budgetBytes, tensors }
Napi::Value memory(const Info& info) {
  hebb_memory stats = {};
  backend(info).memory(&stats);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("liveBytes", static_cast<double>(stats.live_bytes));
  result.Set("reservedBytes", static_cast<double>(stats.reserved_bytes));
  result.Set("peakBytes", static_cast<double>(stats.peak_bytes));
  result.Set("budgetBytes", static_cast<double>(stats.budget_bytes));
  result.Set("tensors", environment(info.Env()).live(device(info)));
  return result;
}

// configure(device, what, number): number; what is "threads", "budget", "trim" or "resetPeak"
Napi::Value configure(const Info& info) {
  const hebb_backend& target = backend(info);
  const std::string what = text(info, 1);
  const double value = number(info, 2);
  if (what == "threads")
    return Napi::Number::New(info.Env(), target.threads(value >= 1 && value <= 1024 ? static_cast<int>(value) : 0));
  if (what == "budget") target.set_budget(value >= 0 && value < 9.2e18 ? static_cast<uint64_t>(value) : 0);
  if (what == "trim") target.trim();
  if (what == "resetPeak") target.reset_peak();
  return Napi::Number::New(info.Env(), value);
}

// registerProgram(device, Float64Array): number
Napi::Value register_program(const Info& info) {
  if (!info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array)
    throw coded(info.Env(), "internal", "registerProgram(device, Float64Array)");
  const auto words = info[1].As<Napi::Float64Array>();
  hebb_error error;
  const int program = environment(info.Env()).register_program(device(info), words.Data(), words.ElementLength(), error);
  if (program < 0) throw coded(info.Env(), status_code(error.status), error.message);
  return Napi::Number::New(info.Env(), program);
}

// releaseProgram(program)
void release_program(const Info& info) {
  const double program = number(info, 0);
  if (program >= 0 && program < 4e9) environment(info.Env()).release_program(static_cast<uint32_t>(program));
}

// describe(device): string
Napi::Value describe(const Info& info) { return Napi::String::New(info.Env(), backend(info).describe()); }

// ops(device): string[]: an op's place is its opcode
Napi::Value ops(const Info& info) {
  const hebb_backend& target = backend(info);
  Napi::Array names = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < target.op_count; ++i) names.Set(i, target.op_name(i));
  return names;
}

}  // namespace

void add_cold_functions(napi_env env, napi_value value) {
  Napi::Object exports(env, value);
  exports.Set("open", Napi::Function::New(env, open));
  exports.Set("memory", Napi::Function::New(env, memory));
  exports.Set("configure", Napi::Function::New(env, configure));
  exports.Set("describe", Napi::Function::New(env, describe));
  exports.Set("registerProgram", Napi::Function::New(env, register_program));
  exports.Set("releaseProgram", Napi::Function::New(env, release_program));
  exports.Set("ops", Napi::Function::New(env, ops));
}

}  // namespace hebb
