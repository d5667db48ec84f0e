// A stand-in for cuBLASLt that multiplies what is described to it: whether layouts, epilogues and preferences say what they
// should is then seen in results. It is stricter than the library where that shows mistakes: what it proposes first adds up in 16
// bits if it may, and what the library would do something undefined with ends with an error.
#include <cublasLt.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "cublasProduct.h"

struct cublasLtContext {};

struct cublasLtMatmulPreferenceOpaque {
  uint64_t workspace = 0;
  uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_MASK;
  uint32_t alignments[4] = {256, 256, 256, 256};
};

namespace emulated {
namespace {

// Neither a refusal, which the engine would make good, nor an error, for which it leaves out what it tries out.
[[noreturn]] cublasStatus_t misuse(const char* what) {
  std::fprintf(stderr, "cuBLASLt's stand-in: %s\n", what);
  std::abort();
}

template <typename T>
cublasStatus_t assign(T& to, const void* value, size_t bytes) {
  if (bytes != sizeof to) return misuse("an attribute of another size");
  std::memcpy(&to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

bool is_half(cudaDataType type) { return type == CUDA_R_16BF || type == CUDA_R_16F; }

// The combinations that the library has, of those that the engine may come to.
bool has_kernels(const Product& p) {
  if (p.a.rows > INT32_MAX || p.a.columns > INT32_MAX || p.d.rows > INT32_MAX || p.d.columns > INT32_MAX) return false;
  if (p.desc.compute == CUBLAS_COMPUTE_64F)
    return p.a.type == CUDA_R_64F && p.d.type == CUDA_R_64F && p.desc.epilogue == CUBLASLT_EPILOGUE_DEFAULT;
  if (p.desc.compute != CUBLAS_COMPUTE_32F) return false;
  return is_half(p.a.type) ? p.d.type == p.a.type || p.d.type == CUDA_R_32F : p.a.type == CUDA_R_32F && p.d.type == CUDA_R_32F;
}

const char* mistake_in(const cublasLtMatrixLayoutOpaque& m, int32_t batch) {
  if (m.rows <= 0 || m.columns <= 0) return "an empty matrix";
  if (m.leading < m.rows) return "columns overlap";
  return m.batch == batch && m.stride >= 0 ? nullptr : "batches of different length";
}

// What is wrong with a description, or null.
const char* mistake_in(const Product& p) {
  for (const cublasLtMatrixLayoutOpaque* m : {&p.a, &p.b, &p.c, &p.d})
    if (const char* mistake = mistake_in(*m, p.d.batch)) return mistake;
  const bool turned_a = p.desc.transpose_a == CUBLAS_OP_T, turned_b = p.desc.transpose_b == CUBLAS_OP_T;
  const int64_t k = turned_a ? p.a.rows : p.a.columns;
  if ((turned_a ? p.a.columns : p.a.rows) != p.d.rows || (turned_b ? p.b.rows : p.b.columns) != p.d.columns ||
      (turned_b ? p.b.columns : p.b.rows) != k || p.c.rows != p.d.rows || p.c.columns != p.d.columns)
    return "sizes that do not go together";
  if (p.a.type != p.b.type || p.c.type != p.d.type) return "operands of different types";
  if (p.d.batch > 1 && p.d.stride < p.d.leading * p.d.columns) return "outputs that overlap";
  if (p.desc.scale != (p.desc.compute == CUBLAS_COMPUTE_64F ? CUDA_R_64F : CUDA_R_32F)) return "factors of another type";
  const bool adds_bias = (p.desc.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
  return adds_bias == (p.desc.bias != nullptr) ? nullptr : "a bias without its epilogue, or the other way round";
}

// In the order in which they are proposed. The first only where it is allowed; the second is what is right; the third fails as
// it runs; the fourth adds up parts in float32; of the last it says itself that it is none.
enum Kind : uint64_t { kRoundedParts, kWhole, kFails, kParts, kNone };
constexpr uint64_t kKinds = 5;

size_t workspace_of(uint64_t kind) { return kind == kRoundedParts || kind == kParts ? 512 : 0; }

// Algorithms are told apart by what they are for.
constexpr uint64_t kMark = 0x68656262756e6974;

uint64_t hash_of(const Product& p) {
  uint64_t hash = 14695981039346656037ull;
  const auto take = [&](int64_t number) { hash = (hash ^ static_cast<uint64_t>(number)) * 1099511628211ull; };
  for (const int64_t number :
       {int64_t{p.desc.compute}, int64_t{p.desc.transpose_a}, int64_t{p.desc.transpose_b}, int64_t{p.desc.epilogue}})
    take(number);
  for (const cublasLtMatrixLayoutOpaque* m : {&p.a, &p.b, &p.c, &p.d})
    for (const int64_t number : {int64_t{m->type}, m->rows, m->columns, m->leading, int64_t{m->batch}, m->stride}) take(number);
  return hash;
}

cublasLtMatmulHeuristicResult_t proposal(const Product& p, Kind kind, const uint32_t (&alignments)[4]) {
  cublasLtMatmulHeuristicResult_t result = {};
  result.algo = {{kMark, kind, hash_of(p), alignments[0], alignments[1], alignments[2], alignments[3], 0}};
  result.workspaceSize = workspace_of(kind);
  result.state = kind == kNone ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
  return result;
}

bool is_allowed(Kind kind, const cublasLtMatmulPreferenceOpaque& preference) {
  const uint32_t scheme = kind == kRoundedParts ? CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE
                          : kind == kParts      ? CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE
                                                : CUBLASLT_REDUCTION_SCHEME_NONE;
  return workspace_of(kind) <= preference.workspace && (scheme & preference.schemes) == scheme;
}

bool is_for(const cublasLtMatmulAlgo_t& algorithm, const Product& p) {
  return algorithm.data[0] == kMark && algorithm.data[1] < kKinds && algorithm.data[2] == hash_of(p);
}

// What is wrong with a call, or null.
const char* mistake_in(const Product& p, const Arrays& at, const cublasLtMatmulAlgo_t& algorithm, const void* workspace,
                       size_t bytes) {
  if (const char* mistake = mistake_in(p)) return mistake;
  if (!is_for(algorithm, p)) return "an algorithm that was not proposed for this product";
  const void* const pointers[] = {at.a, at.b, at.c, at.d};
  for (size_t i = 0; i < 4; ++i)
    if (pointers[i] == nullptr || reinterpret_cast<uintptr_t>(pointers[i]) % algorithm.data[3 + i] != 0)
      return "memory that is not aligned as was promised";
  if (at.c == at.d && (p.c.leading != p.d.leading || p.c.stride != p.d.stride)) return "C is D and lies otherwise";
  const size_t needed = workspace_of(algorithm.data[1]);
  if (needed == 0) return nullptr;
  return bytes >= needed && workspace != nullptr && reinterpret_cast<uintptr_t>(workspace) % 16 == 0
             ? nullptr
             : "less workspace than the algorithm needs, or not aligned to 16 bytes";
}

double factor(const Product& p, const void* value) { return read<double>(p.desc.scale, value, 0); }

}  // namespace
}  // namespace emulated

using namespace emulated;

cublasStatus_t cublasLtCreate(cublasLtHandle_t* made) {
  *made = new cublasLtContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t compute, cudaDataType scale) {
  *made = new cublasLtMatmulDescOpaque{compute, scale};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
  delete desc;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, size_t bytes) {
  if (attribute == CUBLASLT_MATMUL_DESC_TRANSA) return assign(desc->transpose_a, value, bytes);
  if (attribute == CUBLASLT_MATMUL_DESC_TRANSB) return assign(desc->transpose_b, value, bytes);
  if (attribute == CUBLASLT_MATMUL_DESC_EPILOGUE) return assign(desc->epilogue, value, bytes);
  if (attribute == CUBLASLT_MATMUL_DESC_BIAS_POINTER) return assign(desc->bias, value, bytes);
  return misuse("an attribute that nobody set yet");
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType type, uint64_t rows, uint64_t columns,
                                          int64_t leading) {
  *made = new cublasLtMatrixLayoutOpaque{type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), leading};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
                                                const void* value, size_t bytes) {
  if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) return assign(layout->batch, value, bytes);
  return assign(layout->stride, value, bytes);
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
  *made = new cublasLtMatmulPreferenceOpaque;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void* value,
                                                    size_t bytes) {
  if (attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) return assign(preference->workspace, value, bytes);
  if (attribute == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK) return assign(preference->schemes, value, bytes);
  return assign(preference->alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value, bytes);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int most,
                                              cublasLtMatmulHeuristicResult_t* results, int* count) {
  const Product p = {*desc, *a, *b, *c, *d};
  if (const char* mistake = mistake_in(p)) return misuse(mistake);
  *count = 0;
  if (!has_kernels(p)) return CUBLAS_STATUS_NOT_SUPPORTED;
  for (const Kind kind : {kRoundedParts, kWhole, kFails, kNone, kParts})
    if (*count < most && is_allowed(kind, *preference)) results[(*count)++] = proposal(p, kind, preference->alignments);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                       const cublasLtMatmulAlgo_t* algorithm, cublasLtMatmulHeuristicResult_t* result) {
  if (!is_for(*algorithm, {*desc, *a, *b, *c, *d})) return CUBLAS_STATUS_INVALID_VALUE;
  result->workspaceSize = workspace_of(algorithm->data[1]);
  return algorithm->data[1] == kNone ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,
                              const void* c, cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t workspace_bytes,
                              cudaStream_t stream) {
  const Product p = {*desc, *a_layout, *b_layout, *c_layout, *d_layout};
  // The factors are read now, the arrays when the stream comes to it.
  const Arrays at = {a, b, c, d, factor(p, alpha), factor(p, beta)};
  if (const char* mistake = mistake_in(p, at, *algorithm, workspace, workspace_bytes)) return misuse(mistake);
  const uint64_t kind = algorithm->data[1];
  if (kind == kNone) return misuse("an algorithm that is none");
  if (kind == kFails) return CUBLAS_STATUS_NOT_SUPPORTED;
  const Sums how = {kind == kWhole ? 1 : 8, kind == kRoundedParts};
  submit(stream, [=] {
    if (workspace_of(kind) > 0) std::memset(workspace, 0xEE, workspace_of(kind));
    if (p.d.type == CUDA_R_64F)
      multiply<double>(p, at, how);
    else
      multiply<float>(p, at, how);
  });
  return CUBLAS_STATUS_SUCCESS;
}
