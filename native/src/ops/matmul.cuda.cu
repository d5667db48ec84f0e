// matmul: a product through cuBLASLt, then what follows it.
#include "cpu/widen.h"
#include "cuda/epilogue.cuh"
#include "ops/matmul.cuda.h"

namespace hebb {

int fail_product(hebb_error& error, const char* op, const MatmulProblem& p) {
  return fail(error, HEBB_UNSUPPORTED, "%s: cuBLASLt has no algorithm for %lld products [%lld, %lld] times [%lld, %lld]", op,
              (long long)p.batch, (long long)p.m, (long long)p.k, (long long)p.k, (long long)p.n);
}

int matmul_kernel(const Call& call, hebb_error& error) {
  MatmulProblem p;
  if (const int status = check_matmul(call, p, error)) return status;
  if (p.batch == 0 || p.m == 0 || p.n == 0) return HEBB_OK;
  const int operands = call.inputs[0].dtype, dtype = call.outputs[0].dtype;
  // cuBLASLt adds biases of the output's dtype only.
  const bool mixed = operands != dtype && p.bias != nullptr;
  if (mixed || !cuda_matmul(p, operands, dtype))
    return has_halves(call) ? run_widened(matmul_kernel, call, error) : fail_product(error, "matmul", p);
  with_any_float(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    finish(static_cast<T*>(p.y), p.batch * p.m * p.n, Epilogue<T>{static_cast<const T*>(p.residual), p.activation});
  });
  return HEBB_OK;
}

}  // namespace hebb
