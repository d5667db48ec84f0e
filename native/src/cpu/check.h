// What kernels ask of a call before they touch memory, in the words of whoever made it.
#pragma once

#include <cmath>
#include <cstdint>

#include "cpu/dtype.h"
#include "cpu/kernel.h"

namespace hebb {

// The dimensions of a view as text, "[2, 3]".
class DimsText {
 public:
  explicit DimsText(const View& view) : DimsText(view.dims, view.rank) {}
  DimsText(const int64_t* dims, int rank);
  const char* c_str() const { return text_; }

 private:
  char text_[200];
};

// Whether a view is one that memory can back: rank, dtype and dimensions in range, and a byte count that does not wrap.
inline bool valid_view(const View& view) {
  if (static_cast<uint32_t>(view.rank) > HEBB_MAX_RANK || static_cast<uint32_t>(view.dtype) >= HEBB_DTYPE_COUNT) return false;
  int64_t bytes = dtype_bytes(view.dtype);
  for (int i = 0; i < view.rank; ++i)
    if (view.dims[i] < 0 || __builtin_mul_overflow(bytes, view.dims[i], &bytes)) return false;
  return true;
}

// Refusals live out of line, so that the hot path stays short.
int fail_operands(const Call& call, hebb_error& error, const char* op, int outputs, int inputs, int attributes);

// Operand and attribute counts, and that every view is valid. Zero on success.
inline int check_operands(const Call& call, hebb_error& error, const char* op, uint32_t outputs, uint32_t inputs,
                          uint32_t attributes) {
  bool good = call.n_outputs == outputs && call.n_inputs == inputs && call.n_attributes == attributes;
  for (uint32_t i = 0; good && i < outputs; ++i) good = valid_view(call.outputs[i]);
  for (uint32_t i = 0; good && i < inputs; ++i) good = valid_view(call.inputs[i]);
  return good ? HEBB_OK : fail_operands(call, error, op, outputs, inputs, attributes);
}

// The same, where the caller decides how many operands there are.
inline int check_views(const Call& call, hebb_error& error, const char* op) {
  return check_operands(call, error, op, call.n_outputs, call.n_inputs, call.n_attributes);
}

int fail_dtype(hebb_error& error, const char* op, const char* what, const char* expected, int received);
int fail_dims(hebb_error& error, const char* op, const char* what, const View& expected, const View& received);

inline int check_dtype(hebb_error& error, const char* op, const char* what, const View& view, int dtype) {
  return view.dtype == dtype ? HEBB_OK : fail_dtype(error, op, what, dtype_name(dtype), view.dtype);
}

inline int check_same_dims(hebb_error& error, const char* op, const char* what, const View& expected, const View& received) {
  return same_dims(expected, received) ? HEBB_OK : fail_dims(error, op, what, expected, received);
}

// An attribute as an integer within [low, high].
int integer_attribute(const Call& call, hebb_error& error, const char* op, const char* what, uint32_t index, int64_t low,
                      int64_t high, int64_t* value);

// An attribute that says yes (1) or no (0).
inline int flag_attribute(const Call& call, hebb_error& error, const char* op, const char* what, uint32_t index, bool* value) {
  int64_t number = 0;
  const int status = integer_attribute(call, error, op, what, index, 0, 1, &number);
  *value = number != 0;
  return status;
}

}  // namespace hebb
