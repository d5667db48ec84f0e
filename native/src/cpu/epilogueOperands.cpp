#include "cpu/check.h"
#include "cpu/epilogue.h"

namespace hebb {

int read_epilogue(const Call& call, hebb_error& error, const char* op, uint32_t plain, int64_t most, EpilogueOperands& out) {
  const uint32_t extra = call.n_inputs - 2;
  if (call.n_inputs < 2 || call.n_outputs != 1 || (call.n_attributes == plain && extra > 1) ||
      (call.n_attributes != plain && call.n_attributes != plain + 2))
    return fail(error, HEBB_INTERNAL, "%s: expected 2 or 3 inputs, 1 output and %u attributes, received %u, %u and %u", op, plain,
                call.n_inputs, call.n_outputs, call.n_attributes);
  int64_t activation = 0, operands = extra;
  if (call.n_attributes > plain) {
    const int64_t last = static_cast<int64_t>(Activation::kCount) - 1;
    if (const int status = integer_attribute(call, error, op, "activation", plain, 0, last, &activation)) return status;
    if (const int status = integer_attribute(call, error, op, "operands", plain + 1, 0, most, &operands)) return status;
  }
  if (is_gradient(static_cast<Activation>(activation)) && (operands & 2) == 0)
    return fail(error, HEBB_BAD_RANGE, "%s: the gradient of an activation needs a residual, received operands %lld", op,
                (long long)operands);
  if (extra != static_cast<uint32_t>(__builtin_popcountll(static_cast<uint64_t>(operands))))
    return fail(error, HEBB_INTERNAL, "%s: operands %lld do not fit %u inputs", op, (long long)operands, call.n_inputs);
  const View* next = call.inputs + 2;
  out = {};
  out.activation = static_cast<Activation>(activation);
  if (operands & 1) out.bias = next++;
  if (operands & 2) out.residual = next++;
  if (operands & 4) out.packed = next++;
  return HEBB_OK;
}

int check_residual(hebb_error& error, const char* op, const View& y, const View* residual) {
  if (residual == nullptr) return HEBB_OK;
  if (const int status = check_dtype(error, op, "the residual", *residual, y.dtype)) return status;
  return check_same_dims(error, op, "the residual", y, *residual);
}

}  // namespace hebb
