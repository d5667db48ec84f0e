// Matrix products of float32 and float64: C = A B (+ bias). Every element of C is summed in an order that depends on the
// shape alone, so the bits are the same for any number of threads.
#pragma once

#include <cstdint>

#include "cpu/epilogue.h"

namespace hebb {

// Element (i, j) is data[i * row + j * column]; one of the two strides is 1.
template <typename T>
struct Matrix {
  const T* data;
  int64_t row;
  int64_t column;
};

template <typename T>
struct Gemm {
  int64_t m, n, k;
  Matrix<T> a, b;
  T* c;  // [m, n], rows `c_row` apart
  int64_t c_row;
  const T* bias;           // [n] or null
  bool add = false;        // to what C holds; not for few rows
  Epilogue<T> epilogue{};  // done to C at the end; rows of a residual are `c_row` apart too
};

// Runs on the threads of the team.
template <typename T>
void gemm(const Gemm<T>& g);

// Runs on the calling thread. `scratch` holds serial_gemm_scratch<T>(k) elements, aligned to 64 bytes.
template <typename T>
void serial_gemm(const Gemm<T>& g, T* scratch);
template <typename T>
int64_t serial_gemm_scratch(int64_t k);

// Few rows (m <= kFewRows): B is read once, where it lies.
constexpr int64_t kFewRows = 16;
template <typename T>
void few_rows_gemm(const Gemm<T>& g, bool parallel);

}  // namespace hebb
