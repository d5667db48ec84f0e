// Matrix products through cuBLASLt. It thinks in columns: a row-major [m, n] is its [n, m], so y' = op(b)' op(a)' is asked for.
#include <array>
#include <map>
#include <string>

#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cuda/api.h"
#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/memory.h"
#include "cuda/refusals.h"
#include "ops/matmul.cuda.h"

namespace hebb {
namespace {

constexpr uint64_t kWorkspace = uint64_t{32} << 20;

// cuBLASLt's objects, destroyed at the end of the call.
class MatmulDesc {
 public:
  MatmulDesc(cublasComputeType_t compute, cudaDataType scale) {
    check_cublas(api().cublasLtMatmulDescCreate(&desc_, compute, scale), "describing a matrix product");
  }
  ~MatmulDesc() { api().cublasLtMatmulDescDestroy(desc_); }
  MatmulDesc(const MatmulDesc&) = delete;
  MatmulDesc& operator=(const MatmulDesc&) = delete;
  template <typename V>
  void set(cublasLtMatmulDescAttributes_t attribute, const V& value) {
    check_cublas(api().cublasLtMatmulDescSetAttribute(desc_, attribute, &value, sizeof value), "describing a matrix product");
  }
  cublasLtMatmulDesc_t get() const { return desc_; }

 private:
  cublasLtMatmulDesc_t desc_ = nullptr;
};

class MatrixLayout {
 public:
  MatrixLayout(cudaDataType type, int64_t rows, int64_t columns, int32_t batch, int64_t stride) {
    check_cublas(api().cublasLtMatrixLayoutCreate(&layout_, type, rows, columns, rows), "describing a matrix");
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batch);
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
  }
  ~MatrixLayout() { api().cublasLtMatrixLayoutDestroy(layout_); }
  MatrixLayout(const MatrixLayout&) = delete;
  MatrixLayout& operator=(const MatrixLayout&) = delete;
  cublasLtMatrixLayout_t get() const { return layout_; }

 private:
  template <typename V>
  void set(cublasLtMatrixLayoutAttribute_t attribute, const V& value) {
    check_cublas(api().cublasLtMatrixLayoutSetAttribute(layout_, attribute, &value, sizeof value), "describing a matrix");
  }
  cublasLtMatrixLayout_t layout_ = nullptr;
};

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

struct Product {
  const MatmulDesc& desc;
  const MatrixLayout &b, &a, &y;
};

// Bytes, as a power of two up to 256, that all pointers are aligned to: algorithms depend on it.
int64_t alignment(const MatmulProblem& p) {
  const uintptr_t all = reinterpret_cast<uintptr_t>(p.a) | reinterpret_cast<uintptr_t>(p.b) | reinterpret_cast<uintptr_t>(p.y) |
                        reinterpret_cast<uintptr_t>(p.bias) | 256;
  return static_cast<int64_t>(all & -all);
}

class Preference {
 public:
  Preference() { check_cublas(api().cublasLtMatmulPreferenceCreate(&preference_), "choosing an algorithm"); }
  ~Preference() { api().cublasLtMatmulPreferenceDestroy(preference_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  template <typename V>
  void set(cublasLtMatmulPreferenceAttributes_t attribute, const V& value) {
    check_cublas(api().cublasLtMatmulPreferenceSetAttribute(preference_, attribute, &value, sizeof value),
                 "choosing an algorithm");
  }
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  cublasLtMatmulPreference_t preference_ = nullptr;
};

struct Choice {
  cublasStatus_t status = CUBLAS_STATUS_NOT_SUPPORTED;  // or why there is no algorithm
  cublasLtMatmulAlgo_t algorithm = {};
  uint64_t workspace = 0;

  bool found() const { return status == CUBLAS_STATUS_SUCCESS; }
};

Choice ask(const Product& product, int64_t alignment) {
  Preference preference;
  preference.set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspace);
  // What is added up in parts is added up in float32: by default partial sums may be rounded to 16 bits.
  preference.set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                 uint32_t{CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
  const uint32_t bytes = static_cast<uint32_t>(alignment);
  for (const auto attribute : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    preference.set(attribute, bytes);
  cublasLtMatmulHeuristicResult_t result = {};
  int count = 0;
  const cublasStatus_t status =
      api().cublasLtMatmulAlgoGetHeuristic(device().cublas, product.desc.get(), product.b.get(), product.a.get(), product.y.get(),
                                           product.y.get(), preference.get(), 1, &result, &count);
  // A refusal, and not a library that cannot work here, which loops of our own would hide.
  if (status != CUBLAS_STATUS_NOT_SUPPORTED && status != CUBLAS_STATUS_INVALID_VALUE)
    check_cublas(status, "choosing an algorithm");
  if (status != CUBLAS_STATUS_SUCCESS) return {status};
  if (count == 0) return {};
  return {result.state, result.algo, result.workspaceSize};
}

// Asked once for each shape; the backend's lock keeps others away.
const Choice& choose(const Product& product, const MatmulProblem& p, const ProductTypes& types, cublasLtEpilogue_t epilogue) {
  using Key = std::array<int64_t, 11>;
  static std::map<Key, Choice>& choices = *new std::map<Key, Choice>;
  const Key key = {p.batch,        p.m,          p.n,      p.k,         p.transpose_a, p.transpose_b, p.shared_b,
                   types.operands, types.output, epilogue, alignment(p)};
  const auto known = choices.find(key);
  return known != choices.end() ? known->second : choices.emplace(key, ask(product, alignment(p))).first->second;
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
bool note(const MatmulProblem& p, const ProductTypes& types, cublasLtEpilogue_t epilogue, const Choice& choice) {
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
  const Choice& choice = choose({desc, b, a, y}, p, types, epilogue);
  if (!choice.found()) return note(p, types, epilogue, choice);
  const Factor one(types, 1), kept(types, add ? 1 : 0);
  const Scratch workspace(choice.workspace);
  check_cublas(api().cublasLtMatmul(device().cublas, desc.get(), one.get(), p.b, b.get(), p.a, a.get(), kept.get(), p.y, y.get(),
                                    p.y, y.get(), &choice.algorithm, workspace.as<void>(), choice.workspace, stream()),
               "matmul");
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

}  // namespace

bool cuda_matmul(MatmulProblem p, int operands, int dtype) {
  if (p.k == 0) return fill_bias(p, dtype), true;
  if (!fold_batch(p)) return false;
  const ProductTypes types = {cublas_type(operands), cublas_type(dtype)};
  if (p.bias == nullptr) return multiply(p, types, CUBLASLT_EPILOGUE_DEFAULT, false);
  // There is no epilogue for float64: the bias lies there before the product is added.
  if (!types.is_double() && multiply(p, types, CUBLASLT_EPILOGUE_BIAS, false)) return true;
  fill_bias(p, dtype);
  return multiply(p, types, CUBLASLT_EPILOGUE_DEFAULT, true);
}

bool cuda_matmul_gelu(MatmulProblem p, int operands, int dtype) {
  const ProductTypes types = {cublas_type(operands), cublas_type(dtype)};
  return fold_batch(p) && multiply(p, types, p.bias == nullptr ? CUBLASLT_EPILOGUE_GELU : CUBLASLT_EPILOGUE_GELU_BIAS, false);
}

}  // namespace hebb
