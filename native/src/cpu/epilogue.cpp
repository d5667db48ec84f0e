#include "cpu/epilogue.h"

#include "cpu/check.h"
#include "cpu/map.h"
#include "ops/unary.h"

namespace hebb {
namespace {

// Calls body(functor) for the activation; none is the identity.
template <typename Body>
void with_activation(Activation activation, const Body& body) {
  switch (activation) {
    case Activation::kRelu:
      return body(Relu{});
    case Activation::kTanh:
      return body(Tanh{});
    case Activation::kSigmoid:
      return body(Sigmoid{});
    case Activation::kGelu:
      return body(Gelu{});
    case Activation::kGeluTanh:
      return body(GeluTanh{});
    case Activation::kSilu:
      return body(Silu{});
    default:
      return body([](auto x) { return x; });
  }
}

}  // namespace

template <typename T>
void finish_run(T* y, int64_t n, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  const T* residual = epilogue.residual;
  with_activation(epilogue.activation, [&](const auto& functor) {
    if (residual == nullptr) return map_serial(y, y, n, functor);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = functor(widened(T(widened(y[i]) + widened(residual[i]))));
  });
}

template <typename T>
void finish_rows(T* y, int64_t rows, int64_t n, int64_t stride, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  if (n == stride) return finish_run(y, rows * n, epilogue);
  for (int64_t row = 0; row < rows; ++row) finish_run(y + row * stride, n, epilogue.from(row * stride));
}

template <typename T>
void finish_all(T* y, int64_t n, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  parallel_for(n, chunk_elements<T, T>(),
               [&](int64_t begin, int64_t end) { finish_run(y + begin, end - begin, epilogue.from(begin)); });
}

template void finish_run(float*, int64_t, const Epilogue<float>&);
template void finish_run(double*, int64_t, const Epilogue<double>&);
template void finish_rows(float*, int64_t, int64_t, int64_t, const Epilogue<float>&);
template void finish_rows(double*, int64_t, int64_t, int64_t, const Epilogue<double>&);
template void finish_all(float*, int64_t, const Epilogue<float>&);
template void finish_all(double*, int64_t, const Epilogue<double>&);
template void finish_all(BFloat16*, int64_t, const Epilogue<BFloat16>&);

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
