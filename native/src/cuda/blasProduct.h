// A matrix product as it is described to cuBLASLt, whose objects are destroyed with these.
#pragma once

#include <cublasLt.h>

#include <cstdint>

#include "cuda/api.h"
#include "cuda/error.h"

namespace hebb {

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

// y = first · second; it thinks in columns, so that its first operand is the second of a row-major product.
struct BlasProduct {
  const MatmulDesc& desc;
  const MatrixLayout &first, &second, &y;
  int64_t alignment;  // a power of two: all arrays begin at multiples of so many bytes
};

struct BlasArrays {
  const void *first, *second;
  void* y;
  const void *factor, *kept;  // of the product, and of what y holds; in the host's memory
};

}  // namespace hebb
