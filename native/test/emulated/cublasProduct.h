// What products described to cuBLASLt mean, number by number.
#pragma once

#include <cublasLt.h>

#include <algorithm>
#include <vector>

#include "cpu/dtype.h"
#include "ops/unary.h"

// Column-major: a column's numbers are neighbours, columns are `leading` numbers apart.
struct cublasLtMatrixLayoutOpaque {
  cudaDataType type;
  int64_t rows, columns, leading;
  int32_t batch = 1;
  int64_t stride = 0;
};

struct cublasLtMatmulDescOpaque {
  cublasComputeType_t compute;
  cudaDataType scale;
  cublasOperation_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;
};

namespace emulated {

// Parts of each sum are made apart, and added up in float32 or in the output's type.
struct Sums {
  int64_t parts = 1;
  bool rounds = false;
};

struct Product {
  cublasLtMatmulDescOpaque desc;
  cublasLtMatrixLayoutOpaque a, b, c, d;
};

struct Arrays {
  const void *a, *b, *c;
  void* d;
  double alpha, beta;
};

template <typename Sum>
Sum read(cudaDataType type, const void* data, int64_t place) {
  if (type == CUDA_R_16BF) return static_cast<Sum>(float(static_cast<const hebb::BFloat16*>(data)[place]));
  if (type == CUDA_R_16F) return static_cast<Sum>(float(static_cast<const hebb::Float16*>(data)[place]));
  if (type == CUDA_R_64F) return static_cast<Sum>(static_cast<const double*>(data)[place]);
  return static_cast<Sum>(static_cast<const float*>(data)[place]);
}

template <typename Sum>
void write(cudaDataType type, void* data, int64_t place, Sum value) {
  if (type == CUDA_R_16BF)
    static_cast<hebb::BFloat16*>(data)[place] = hebb::BFloat16(static_cast<float>(value));
  else if (type == CUDA_R_16F)
    static_cast<hebb::Float16*>(data)[place] = hebb::Float16(static_cast<float>(value));
  else if (type == CUDA_R_64F)
    static_cast<double*>(data)[place] = static_cast<double>(value);
  else
    static_cast<float*>(data)[place] = static_cast<float>(value);
}

template <typename Sum>
Sum rounded(cudaDataType type, Sum value) {
  if (type == CUDA_R_16BF) return static_cast<Sum>(float(hebb::BFloat16(static_cast<float>(value))));
  return type == CUDA_R_16F ? static_cast<Sum>(float(hebb::Float16(static_cast<float>(value)))) : value;
}

// A matrix of the batch, its columns next to each other, or its rows where `transposed`.
template <typename Sum>
std::vector<Sum> unpacked(const cublasLtMatrixLayoutOpaque& m, const void* data, int64_t batch, bool transposed) {
  std::vector<Sum> all(static_cast<size_t>(m.rows * m.columns));
  for (int64_t j = 0; j < m.columns; ++j)
    for (int64_t i = 0; i < m.rows; ++i)
      all[static_cast<size_t>(transposed ? i * m.columns + j : j * m.rows + i)] =
          read<Sum>(m.type, data, batch * m.stride + j * m.leading + i);
  return all;
}

// sums[i] += a[i, 0] b[0] + a[i, 1] b[1] + …, one after the other. Of copies that nobody else sees: ThreadSanitizer need not
// look.
template <typename Sum>
__attribute__((no_sanitize("thread"))) void add_products(const Sum* a, const Sum* b, int64_t k, Sum* sums, int64_t rows) {
  for (int64_t l = 0; l < k; ++l)
    for (int64_t i = 0; i < rows; ++i) sums[i] += a[l * rows + i] * b[l];
}

// sums = a b, where a's columns are as long as `sums`.
template <typename Sum>
void add_up(const Sum* a, const Sum* b, int64_t k, const Sums& how, cudaDataType type, std::vector<Sum>& sums) {
  const int64_t rows = static_cast<int64_t>(sums.size()), length = (k + how.parts - 1) / how.parts;
  std::fill(sums.begin(), sums.end(), Sum{0});
  if (how.parts == 1) return add_products(a, b, k, sums.data(), rows);
  std::vector<Sum> part(sums.size());
  for (int64_t first = 0; first < k; first += length) {
    std::fill(part.begin(), part.end(), Sum{0});
    add_products(a + first * rows, b + first, std::min(length, k - first), part.data(), rows);
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = how.rounds ? rounded(type, sums[i] + rounded(type, part[i])) : sums[i] + part[i];
  }
}

template <typename Sum>
void finish_column(const Product& p, const Arrays& at, int64_t batch, int64_t column, const std::vector<Sum>& sums) {
  const uint32_t epilogue = p.desc.epilogue;
  for (int64_t i = 0; i < p.d.rows; ++i) {
    Sum value = static_cast<Sum>(at.alpha) * sums[static_cast<size_t>(i)];
    // Where beta is 0, C may hold anything.
    if (at.beta != 0)
      value += static_cast<Sum>(at.beta) * read<Sum>(p.c.type, at.c, batch * p.c.stride + column * p.c.leading + i);
    if (epilogue & CUBLASLT_EPILOGUE_BIAS) value += read<Sum>(p.d.type, p.desc.bias, i);
    if (epilogue & CUBLASLT_EPILOGUE_GELU) value = hebb::GeluTanh{}(value);
    write(p.d.type, at.d, batch * p.d.stride + column * p.d.leading + i, value);
  }
}

template <typename Sum>
void multiply(const Product& p, const Arrays& at, const Sums& how) {
  const int64_t k = p.desc.transpose_a == CUBLAS_OP_T ? p.a.rows : p.a.columns;
  std::vector<Sum> sums(static_cast<size_t>(p.d.rows));
  for (int64_t batch = 0; batch < p.d.batch; ++batch) {
    const std::vector<Sum> a = unpacked<Sum>(p.a, at.a, batch, p.desc.transpose_a == CUBLAS_OP_T);
    const std::vector<Sum> b = unpacked<Sum>(p.b, at.b, batch, p.desc.transpose_b == CUBLAS_OP_T);
    for (int64_t j = 0; j < p.d.columns; ++j) {
      add_up(a.data(), b.data() + j * k, k, how, p.d.type, sums);
      finish_column(p, at, batch, j, sums);
    }
  }
}

}  // namespace emulated
