// matmul: y[B, m, n] = op(a)[B, m, k] op(b)[B or 1, k, n] (+ bias[n]); attributes transposeA, transposeB;
// an epilogue may follow (cpu/epilogue.h).
#include <algorithm>

#include "cpu/check.h"
#include "cpu/gemm.h"
#include "cpu/onednn.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "cpu/widen.h"

namespace hebb {
namespace {

// Below this many products loops without any preparation are fastest.
constexpr int64_t kTiny = 512;
// A batch of products this small is shared out whole: one thread per product.
constexpr int64_t kSmallProduct = 1 << 19;

struct Problem {
  int64_t batch, m, n, k;
  bool transpose_a, transpose_b, shared_b;
  const void *a, *b, *bias;
  const void* residual;
  Activation activation;
  void* y;
};

bool is_flag(double value) { return value == 0 || value == 1; }

int check(const Call& call, Problem& p, hebb_error& error) {
  EpilogueOperands more;
  if (const int status = read_epilogue(call, error, "matmul", 2, 3, more)) return status;
  if (const int status = check_views(call, error, "matmul")) return status;
  const View &a = call.inputs[0], &b = call.inputs[1], &y = call.outputs[0];
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

template <typename T>
Gemm<T> product(const Problem& p, int64_t index) {
  const T* a = static_cast<const T*>(p.a) + index * p.m * p.k;
  const T* b = static_cast<const T*>(p.b) + (p.shared_b ? 0 : index * p.k * p.n);
  return {p.m,
          p.n,
          p.k,
          p.transpose_a ? Matrix<T>{a, 1, p.m} : Matrix<T>{a, p.k, 1},
          p.transpose_b ? Matrix<T>{b, 1, p.k} : Matrix<T>{b, p.n, 1},
          static_cast<T*>(p.y) + index * p.m * p.n,
          p.n,
          static_cast<const T*>(p.bias),
          false,
          Epilogue<T>{static_cast<const T*>(p.residual), p.activation}.from(index * p.m * p.n)};
}

template <typename T>
void tiny_product(const Gemm<T>& g) {
  for (int64_t i = 0; i < g.m; ++i) {
    for (int64_t j = 0; j < g.n; ++j) {
      const T* a = g.a.data + i * g.a.row;
      const T* b = g.b.data + j * g.b.column;
      T sum = 0;
      for (int64_t p = 0; p < g.k; ++p) sum += a[p * g.a.column] * b[p * g.b.row];
      g.c[i * g.c_row + j] = g.bias == nullptr ? sum : sum + g.bias[j];
    }
  }
  finish_rows(g.c, g.m, g.n, g.c_row, g.epilogue);
}

struct BatchScratch {};

// Many small products: whole ones per thread, several per task when they are very small.
template <typename T>
void small_products(const Problem& p, int64_t products) {
  const bool tiny = products <= kTiny;
  const int64_t grain = std::max<int64_t>(1, kSmallProduct / 4 / std::max<int64_t>(1, products));
  const int64_t tasks = (p.batch + grain - 1) / grain, slots = slots_for(tasks);
  const int64_t scratch = tiny ? 0 : (serial_gemm_scratch<T>(p.m, p.k) + 15) / 16 * 16;
  T* buffers = tiny ? nullptr : thread_scratch<BatchScratch>().array<T>(scratch * slots);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    for (int64_t i = task * grain; i < std::min((task + 1) * grain, p.batch); ++i) {
      if (tiny)
        tiny_product(product<T>(p, i));
      else
        serial_gemm(product<T>(p, i), buffers + slot * scratch);
    }
  });
}

template <typename T>
void multiply(Problem p) {
  // One B for all and A not transposed: the batch is only more rows.
  if (p.shared_b && !p.transpose_a) p.m *= p.batch, p.batch = 1;
  const int64_t products = p.m * p.n * p.k;
  if (p.batch == 1 && products <= kTiny) return tiny_product(product<T>(p, 0));
  if (p.batch > 1 && products < kSmallProduct) return small_products<T>(p, products);
  for (int64_t i = 0; i < p.batch; ++i) gemm(product<T>(p, i));
}

// Below this many products the call of oneDNN costs more than widening.
constexpr int64_t kFewProducts = 1 << 13;

bool multiply_bf16(Problem p, bool wide) {
  if (p.shared_b && !p.transpose_a) p.m *= p.batch, p.batch = 1;
  if (p.k == 0 || p.batch * p.m * p.n * p.k < kFewProducts) return false;
  if (!onednn_matmul({p.batch, p.m, p.n, p.k, p.transpose_a, p.transpose_b, p.shared_b, wide, static_cast<const BFloat16*>(p.a),
                      static_cast<const BFloat16*>(p.b), static_cast<const BFloat16*>(p.bias), p.y}))
    return false;
  const int64_t count = p.batch * p.m * p.n;
  if (wide)
    finish_all(static_cast<float*>(p.y), count, Epilogue<float>{static_cast<const float*>(p.residual), p.activation});
  else
    finish_all(static_cast<BFloat16*>(p.y), count, Epilogue<BFloat16>{static_cast<const BFloat16*>(p.residual), p.activation});
  return true;
}

}  // namespace

// a [B,m,k], b [B or 1,k,n], optional bias [n] -> y [B,m,n], float32 if wished where operands have 16 bits; a flag swaps the last
// two dimensions of its operand.
int matmul_kernel(const Call& call, hebb_error& error) {
  Problem p;
  if (const int status = check(call, p, error)) return status;
  if (p.batch == 0 || p.m == 0 || p.n == 0) return HEBB_OK;
  if (has_halves(call)) {
    if (call.inputs[0].dtype == HEBB_BFLOAT16 && multiply_bf16(p, call.outputs[0].dtype == HEBB_FLOAT32)) return HEBB_OK;
    return run_widened(matmul_kernel, call, error);
  }
  with_float(call.outputs[0].dtype, [&](auto type) { multiply<typename decltype(type)::type>(p); });
  return HEBB_OK;
}

}  // namespace hebb
