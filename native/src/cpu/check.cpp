#include "cpu/check.h"

namespace hebb {

DimsText::DimsText(const int64_t* dims, int rank) {
  size_t used = 0;
  text_[used++] = '[';
  for (int i = 0; i < rank && i < HEBB_MAX_RANK; ++i)
    used += std::snprintf(text_ + used, sizeof text_ - used, i > 0 ? ", %lld" : "%lld", static_cast<long long>(dims[i]));
  text_[used++] = ']';
  text_[used] = 0;
}

int fail_operands(const Call& call, hebb_error& error, const char* op, int outputs, int inputs, int attributes) {
  if (static_cast<int>(call.n_outputs) != outputs || static_cast<int>(call.n_inputs) != inputs)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected %d outputs and %d inputs, received %u and %u", op, outputs, inputs,
                call.n_outputs, call.n_inputs);
  if (static_cast<int>(call.n_attributes) != attributes)
    return fail(error, HEBB_BAD_RANGE, "%s: expected %d attributes, received %u", op, attributes, call.n_attributes);
  for (uint32_t i = 0; i < call.n_outputs + call.n_inputs; ++i) {
    const bool output = i < call.n_outputs;
    const uint32_t index = output ? i : i - call.n_outputs;
    const View& view = output ? call.outputs[index] : call.inputs[index];
    if (valid_view(view)) continue;
    const char* side = output ? "output" : "input";
    if (view.rank < 0 || view.rank > HEBB_MAX_RANK)
      return fail(error, HEBB_BAD_SHAPE, "%s: expected a rank of 0 to %d, received %s %u of rank %d", op, HEBB_MAX_RANK, side,
                  index, view.rank);
    if (view.dtype < 0 || view.dtype >= HEBB_DTYPE_COUNT)
      return fail(error, HEBB_BAD_DTYPE, "%s: %s %u has the unknown dtype number %d", op, side, index, view.dtype);
    return fail(error, HEBB_BAD_SHAPE, "%s: expected dimensions that memory can hold, received %s %u of shape %s", op, side,
                index, DimsText(view).c_str());
  }
  return fail(error, HEBB_INTERNAL, "%s: refused for no reason", op);
}

int fail_dtype(hebb_error& error, const char* op, const char* what, const char* expected, int received) {
  return fail(error, HEBB_BAD_DTYPE, "%s: expected %s of %s, received %s", op, what, expected, dtype_name(received));
}

int fail_dims(hebb_error& error, const char* op, const char* what, const View& expected, const View& received) {
  return fail(error, HEBB_BAD_SHAPE, "%s: expected %s of shape %s, received %s", op, what, DimsText(expected).c_str(),
              DimsText(received).c_str());
}

int integer_attribute(const Call& call, hebb_error& error, const char* op, const char* what, uint32_t index, int64_t low,
                      int64_t high, int64_t* value) {
  const double number = call.attributes[index];
  // 2^53 bounds what a double counts exactly; NaN fails every comparison.
  const bool integral = number >= -9007199254740992.0 && number <= 9007199254740992.0 && std::trunc(number) == number;
  if (!integral || static_cast<int64_t>(number) < low || static_cast<int64_t>(number) > high)
    return fail(error, HEBB_BAD_RANGE, "%s: expected %s to be an integer from %lld to %lld, received %.17g", op, what,
                static_cast<long long>(low), static_cast<long long>(high), number);
  *value = static_cast<int64_t>(number);
  return HEBB_OK;
}

}  // namespace hebb
