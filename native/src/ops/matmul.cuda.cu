// matmul: a product through cuBLASLt, then what follows it.
#include <utility>

#include "cpu/widen.h"
#include "cuda/epilogue.cuh"
#include "ops/matmul.cuda.h"

namespace hebb {

int fail_product(hebb_error& error, const char* op, const MatmulProblem& p) {
  return fail(error, HEBB_UNSUPPORTED, "%s: cuBLASLt has no algorithm for %lld products [%lld, %lld] times [%lld, %lld]", op,
              (long long)p.batch, (long long)p.m, (long long)p.k, (long long)p.k, (long long)p.n);
}

namespace {

template <typename E, typename B>
void finish_product(const MatmulProblem& p, const B* bias) {
  const Epilogue<E> epilogue = {static_cast<const E*>(p.residual), p.activation};
  finish(static_cast<E*>(p.y), p.batch * p.m * p.n, epilogue, Bias<B>{bias, p.n});
}

}  // namespace

int matmul_kernel(const Call& call, hebb_error& error) {
  MatmulProblem p;
  if (const int status = check_matmul(call, p, error)) return status;
  if (p.batch == 0 || p.m == 0 || p.n == 0) return HEBB_OK;
  const int operands = call.inputs[0].dtype, dtype = call.outputs[0].dtype;
  if (cuda_matmul_small(p, operands, dtype)) return HEBB_OK;
  if (ends_in_gelu(p, wide_dtype(dtype) != dtype) && cuda_matmul_gelu(p, operands, dtype)) return HEBB_OK;
  // cuBLASLt adds biases of the output's dtype only.
  const void* bias = operands != dtype ? std::exchange(p.bias, nullptr) : nullptr;
  if (!cuda_matmul(p, operands, dtype))
    return has_halves(call) ? run_widened(matmul_kernel, call, error) : fail_product(error, "matmul", p);
  with_any_float(operands, [&](auto type) {
    using E = typename decltype(type)::type;
    if (operands == dtype)
      finish_product<E, E>(p, nullptr);
    else
      finish_product<Wide<E>, E>(p, static_cast<const E*>(bias));
  });
  return HEBB_OK;
}

}  // namespace hebb
