// matmul: y[B, m, n] = op(a)[B, m, k] op(b)[B or 1, k, n] (+ bias[n]); attributes transposeA, transposeB;
// an epilogue may follow (cpu/epilogue.h).
#include "ops/matmul.h"

#include <algorithm>
#include <type_traits>

#include "cpu/gemm.h"
#include "cpu/gemm_tall.h"
#include "cpu/gemm_widened.h"
#include "cpu/onednn.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "cpu/widen.h"
#include "cpu/widenProduct.h"

namespace hebb {
namespace {

// Below this many products loops without any preparation are fastest.
constexpr int64_t kTiny = 512;
// A batch of products this small is shared out whole: one thread per product.
constexpr int64_t kSmallProduct = 1 << 19;

template <typename T>
Gemm<T> product(const MatmulProblem& p, int64_t index) {
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
void small_products(const MatmulProblem& p, int64_t products) {
  const bool tiny = products <= kTiny;
  const int64_t grain = std::max<int64_t>(1, kSmallProduct / 4 / std::max<int64_t>(1, products));
  const int64_t tasks = (p.batch + grain - 1) / grain, slots = slots_for(tasks);
  const int64_t scratch = tiny ? 0 : (serial_gemm_scratch<T>(p.k) + 15) / 16 * 16;
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

// The gradient of a dense kernel.
bool weight_gradient(const MatmulProblem& p) {
  return p.transpose_a && !p.transpose_b && p.batch == 1 && p.bias == nullptr && p.k > 0;
}

template <typename T>
void multiply(MatmulProblem p) {
  // One B for all and A not transposed: the batch is only more rows.
  if (p.shared_b && !p.transpose_a) p.m *= p.batch, p.batch = 1;
  const int64_t products = p.m * p.n * p.k;
  if (p.batch == 1 && products <= kTiny) return tiny_product(product<T>(p, 0));
  if (p.batch > 1 && products < kSmallProduct) return small_products<T>(p, products);
  for (int64_t i = 0; i < p.batch; ++i) gemm(product<T>(p, i));
}

// Below this many products the call of oneDNN costs more than widening.
constexpr int64_t kFewProducts = 1 << 13;

bool multiply_bf16(MatmulProblem p, bool wide) {
  if (p.shared_b && !p.transpose_a) p.m *= p.batch, p.batch = 1;
  const int64_t products = p.batch * p.m * p.n * p.k;
  if (products < kFewProducts) return false;
  const int64_t moved = p.batch * p.m * (p.k + p.n) + (p.shared_b ? 1 : p.batch) * p.k * p.n;
  if (!wide && !p.transpose_a && p.batch == 1 && p.m >= kWidenedRows && widening_rows_pays(products, moved)) {
    gemm_widened({p.m,
                  p.n,
                  p.k,
                  static_cast<const BFloat16*>(p.a),
                  {static_cast<const BFloat16*>(p.b), p.transpose_b ? 1 : p.n, p.transpose_b ? p.k : 1},
                  static_cast<BFloat16*>(p.y),
                  static_cast<const BFloat16*>(p.bias),
                  {static_cast<const BFloat16*>(p.residual), p.activation}});
    return true;
  }
  if (widening_pays(products, moved)) return false;
  if (wide && weight_gradient(p) && bf16_instructions()) {
    tall_gemm(TallProduct<BFloat16>{p.m, p.n, p.k, static_cast<const BFloat16*>(p.a), static_cast<const BFloat16*>(p.b),
                                    static_cast<float*>(p.y)});
  } else if (!onednn_matmul({p.batch, p.m, p.n, p.k, p.transpose_a, p.transpose_b, p.shared_b, wide,
                             static_cast<const BFloat16*>(p.a), static_cast<const BFloat16*>(p.b),
                             static_cast<const BFloat16*>(p.bias), p.y})) {
    return false;
  }
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
  MatmulProblem p;
  if (const int status = check_matmul(call, p, error)) return status;
  if (p.batch == 0 || p.m == 0 || p.n == 0) return HEBB_OK;
  if (has_halves(call)) {
    if (call.inputs[0].dtype == HEBB_BFLOAT16 && multiply_bf16(p, call.outputs[0].dtype == HEBB_FLOAT32)) return HEBB_OK;
    return run_product_widened(matmul_kernel, call, error, "matmul", 2, 3);
  }
  with_float(call.outputs[0].dtype, [&](auto type) { multiply<typename decltype(type)::type>(p); });
  return HEBB_OK;
}

}  // namespace hebb
