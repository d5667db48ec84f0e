// Matrix products through cuBLASLt. It thinks in columns: a row-major [m, n] is its [n, m], so y' = op(b)' op(a)' is asked for.
#include <array>
#include <map>
#include <string>

#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cuda/blasChoice.h"
#include "cuda/device.h"
#include "cuda/refusals.h"
#include "ops/matmul.cuda.h"
#include "ops/matmulPadded.cuda.h"

namespace hebb {
namespace {

cudaDataType cublas_type(int dtype) {
  switch (dtype) {
    case HEBB_FLOAT64:
      return CUDA_R_64F;
    case HEBB_BFLOAT16:
      return CUDA_R_16BF;
    case HEBB_FLOAT16:
      return CUDA_R_16F;
    default:
      return CUDA_R_32F;
  }
}

struct ProductTypes {
  cudaDataType operands, output;

  bool is_double() const { return operands == CUDA_R_64F; }
  // float32 in float32, unless TF32 is asked for.
  cublasComputeType_t compute() const {
    if (is_double()) return CUBLAS_COMPUTE_64F;
    return operands == CUDA_R_32F && device().tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  }
};

// A factor of a product, in the type that it is computed in.
class Factor {
 public:
  Factor(const ProductTypes& types, int value)
      : single_(static_cast<float>(value)), double_(value), is_double_(types.is_double()) {}
  const void* get() const { return is_double_ ? static_cast<const void*>(&double_) : &single_; }

 private:
  float single_;
  double double_;
  bool is_double_;
};

// Bytes, as a power of two up to 256, that all pointers are aligned to: algorithms depend on it.
int64_t alignment(const MatmulProblem& p) {
  const uintptr_t all = reinterpret_cast<uintptr_t>(p.a) | reinterpret_cast<uintptr_t>(p.b) | reinterpret_cast<uintptr_t>(p.y) |
                        reinterpret_cast<uintptr_t>(p.bias) | 256;
  return static_cast<int64_t>(all & -all);
}

// What differs between descriptions; algorithms depend on nothing else.
using Key = std::array<int64_t, 13>;

Key key_of(const MatmulProblem& p, const ProductTypes& types, cublasLtEpilogue_t epilogue, bool add) {
  return {p.batch,         p.m,      p.n,          p.k, p.transpose_a, p.transpose_b, p.shared_b, types.operands, types.output,
          types.compute(), epilogue, alignment(p), add};
}

// Asked once for each description; the backend's lock keeps others away.
const BlasChoice& choose(const Key& key, const BlasProduct& product, const BlasArrays& arrays, bool add) {
  static std::map<Key, BlasChoice>& choices = *new std::map<Key, BlasChoice>;
  const auto known = choices.find(key);
  if (known != choices.end()) return known->second;
  std::string name = "product";
  for (const int64_t number : key) name += " " + std::to_string(number);
  return choices.emplace(key, choose_algorithm(name, product, arrays, add)).first->second;
}

bool adds_bias(cublasLtEpilogue_t epilogue) {
  return epilogue == CUBLASLT_EPILOGUE_BIAS || epilogue == CUBLASLT_EPILOGUE_GELU_BIAS;
}

bool ends_in_gelu(cublasLtEpilogue_t epilogue) {
  return epilogue == CUBLASLT_EPILOGUE_GELU || epilogue == CUBLASLT_EPILOGUE_GELU_BIAS;
}

const char* type_name(cudaDataType type) {
  return type == CUDA_R_64F ? "float64" : type == CUDA_R_16BF ? "bfloat16" : type == CUDA_R_16F ? "float16" : "float32";
}

// Always false.
bool note(const MatmulProblem& p, const ProductTypes& types, cublasLtEpilogue_t epilogue, const BlasChoice& choice) {
  const auto matrix = [](int64_t rows, int64_t columns, bool transposed) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + (transposed ? "] transposed" : "]");
  };
  const std::string a = p.transpose_a ? matrix(p.k, p.m, true) : matrix(p.m, p.k, false);
  const std::string b = p.transpose_b ? matrix(p.n, p.k, true) : matrix(p.k, p.n, false);
  const char* after = ends_in_gelu(epilogue) ? " with gelu" : adds_bias(epilogue) ? " with a bias" : "";
  const bool half = types.operands == CUDA_R_16BF || types.operands == CUDA_R_16F;
  note_refusal({"cuBLASLt",
                std::to_string(p.batch) + " products of " + a + " and " + b + after + ", " + type_name(types.operands) +
                    " into " + type_name(types.output) + ", aligned to " + std::to_string(alignment(p)) + " bytes",
                "status " + std::to_string(static_cast<int>(choice.status)),
                ends_in_gelu(epilogue) ? "gelu in a pass of its own"
                : adds_bias(epilogue)  ? "the bias in a pass of its own"
                : half                 ? "float32 copies, or an error where the op makes none"
                                       : "an error"});
  return false;
}

// y = op(a) op(b), plus what y holds where `add`, then the epilogue. False when cuBLASLt has no algorithm for it.
bool multiply(const MatmulProblem& p, const ProductTypes& types, cublasLtEpilogue_t epilogue, bool add) {
  MatmulDesc desc(types.compute(), types.is_double() ? CUDA_R_64F : CUDA_R_32F);
  desc.set(CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  desc.set(CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  if (epilogue != CUBLASLT_EPILOGUE_DEFAULT) desc.set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  if (adds_bias(epilogue)) desc.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias);
  const int32_t batch = static_cast<int32_t>(p.batch);
  const MatrixLayout b(types.operands, p.transpose_b ? p.k : p.n, p.transpose_b ? p.n : p.k, batch, p.shared_b ? 0 : p.k * p.n);
  const MatrixLayout a(types.operands, p.transpose_a ? p.m : p.k, p.transpose_a ? p.k : p.m, batch, p.m * p.k);
  const MatrixLayout y(types.output, p.n, p.m, batch, p.m * p.n);
  const Factor one(types, 1), kept(types, add ? 1 : 0);
  const BlasProduct product = {desc, b, a, y, alignment(p)};
  const BlasArrays arrays = {p.b, p.a, p.y, one.get(), kept.get()};
  const BlasChoice& choice = choose(key_of(p, types, epilogue, add), product, arrays, add);
  if (!choice.found()) return note(p, types, epilogue, choice);
  check_cublas(run_product(product, arrays, choice), "matmul");
  return true;
}

// y = the bias in every row, or zero.
void fill_bias(const MatmulProblem& p, int dtype) {
  const uint64_t zero = 0;
  if (p.bias == nullptr) return fill(p.y, p.batch * p.m * p.n, dtype, &zero);
  StridedCopy rows;
  rows.append(p.batch * p.m, p.n, 0);
  rows.append(p.n, 1, 1);
  copy_strided(rows, dtype, p.y, p.bias);
}

// A batch that shares b as more rows. False where there are more products than cuBLASLt counts.
bool fold_batch(MatmulProblem& p) {
  if (p.shared_b && !p.transpose_a) p.m *= p.batch, p.batch = 1;
  return p.batch <= INT32_MAX;
}

// With the bias, but for what follows.
bool multiply_biased(const MatmulProblem& p, const ProductTypes& types, int dtype) {
  if (p.bias == nullptr) return multiply(p, types, CUBLASLT_EPILOGUE_DEFAULT, false);
  // There is no epilogue for float64: the bias lies there before the product is added.
  if (!types.is_double() && multiply(p, types, CUBLASLT_EPILOGUE_BIAS, false)) return true;
  fill_bias(p, dtype);
  return multiply(p, types, CUBLASLT_EPILOGUE_DEFAULT, true);
}

}  // namespace

bool cuda_matmul(MatmulProblem p, int operands, int dtype) {
  if (p.k == 0) return fill_bias(p, dtype), true;
  if (!fold_batch(p)) return false;
  const ProductTypes types = {cublas_type(operands), cublas_type(dtype)};
  return multiply_padded(p, operands, dtype, [&](const MatmulProblem& q) { return multiply_biased(q, types, dtype); });
}

bool cuda_matmul_gelu(MatmulProblem p, int operands, int dtype) {
  if (!fold_batch(p)) return false;
  const ProductTypes types = {cublas_type(operands), cublas_type(dtype)};
  const cublasLtEpilogue_t epilogue = p.bias == nullptr ? CUBLASLT_EPILOGUE_GELU : CUBLASLT_EPILOGUE_GELU_BIAS;
  return multiply_padded(p, operands, dtype, [&](const MatmulProblem& q) { return multiply(q, types, epilogue, false); });
}

}  // namespace hebb
