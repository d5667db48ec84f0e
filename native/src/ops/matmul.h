// A matrix product, and what it may be given.
#pragma once

#include "cpu/check.h"
#include "cpu/epilogue.h"

namespace hebb {

struct MatmulProblem {
  int64_t batch, m, n, k;
  bool transpose_a, transpose_b, shared_b;
  const void *a, *b, *bias;
  const void* residual;
  Activation activation;
  void* y;
};

inline int check_matmul(const Call& call, MatmulProblem& p, hebb_error& error) {
  EpilogueOperands more;
  if (const int status = read_epilogue(call, error, "matmul", 2, 3, more)) return status;
  if (const int status = check_views(call, error, "matmul")) return status;
  const View &a = call.inputs[0], &b = call.inputs[1], &y = call.outputs[0];
  const auto is_flag = [](double value) { return value == 0 || value == 1; };
  if (!is_flag(call.attributes[0]) || !is_flag(call.attributes[1]))
    return fail(error, HEBB_BAD_RANGE, "matmul: expected transposeA and transposeB to be 0 or 1, received %g and %g",
                call.attributes[0], call.attributes[1]);
  for (uint32_t i = 0; i < call.n_inputs; ++i)
    if (call.inputs[i].dtype != a.dtype || !is_float(a.dtype) || (y.dtype != a.dtype && y.dtype != wide_dtype(a.dtype)))
      return fail(error, HEBB_BAD_DTYPE,
                  "matmul: expected operands of one floating-point dtype, or float32 from 16-bit ones, received %s into %s",
                  dtype_name(call.inputs[i].dtype), dtype_name(y.dtype));
  if (a.rank != 3 || b.rank != 3 || y.rank != 3)
    return fail(error, HEBB_BAD_SHAPE, "matmul: expected operands of rank 3 [batch, rows, columns], received ranks %d, %d and %d",
                a.rank, b.rank, y.rank);
  p.transpose_a = call.attributes[0] != 0;
  p.transpose_b = call.attributes[1] != 0;
  p.batch = y.dims[0], p.m = y.dims[1], p.n = y.dims[2];
  p.k = a.dims[p.transpose_a ? 1 : 2];
  p.shared_b = b.dims[0] == 1;
  if (a.dims[0] != p.batch || (b.dims[0] != p.batch && b.dims[0] != 1) || a.dims[p.transpose_a ? 2 : 1] != p.m ||
      b.dims[p.transpose_b ? 2 : 1] != p.k || b.dims[p.transpose_b ? 1 : 2] != p.n)
    return fail(
        error, HEBB_BAD_SHAPE,
        "matmul: [%lld, %lld, %lld]%s times [%lld, %lld, %lld]%s does not make [%lld, %lld, %lld]; expected equal batches "
        "and the columns of the first to be the rows of the second",
        (long long)a.dims[0], (long long)a.dims[1], (long long)a.dims[2], p.transpose_a ? " transposed" : "",
        (long long)b.dims[0], (long long)b.dims[1], (long long)b.dims[2], p.transpose_b ? " transposed" : "",
        (long long)y.dims[0], (long long)y.dims[1], (long long)y.dims[2]);
  p.bias = nullptr;
  if (more.bias != nullptr) {
    const View& bias = *more.bias;
    if (bias.rank != 1 || bias.dims[0] != p.n)
      return fail(error, HEBB_BAD_SHAPE, "matmul: expected a bias of shape [%lld], received rank %d with %lld elements",
                  (long long)p.n, bias.rank, (long long)elements(bias));
    p.bias = bias.data;
  }
  if (const int status = check_residual(error, "matmul", y, more.residual)) return status;
  p.residual = more.residual == nullptr ? nullptr : more.residual->data;
  p.activation = more.activation;
  p.a = a.data, p.b = b.data, p.y = y.data;
  return HEBB_OK;
}

}  // namespace hebb
