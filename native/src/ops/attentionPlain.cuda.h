// The products of attention without tensor cores: any float, any width. A thread makes a square of the scores; operands go
// through shared memory a few columns at a time.
#pragma once

#include "ops/attentionTile.cuda.h"

namespace hebb {

template <typename E>
struct PlainTiles {
  using Element = E;
  using Number = Wide<E>;
  static constexpr int kSide = 16;  // threads along each side
  static constexpr int kThreads = kSide * kSide;
  static constexpr int kSquare = sizeof(Number) == 8 ? 2 : 4;
  static constexpr int kRows = kSide * kSquare, kColumns = kRows;
  static constexpr int kOutput = 128;  // columns of the output
  static constexpr int kMyRows = kSquare, kMyColumns = kSquare, kRowLanes = kSide;
  static constexpr int kDepth = 16;

  struct Shared {
    Number left[kDepth][kRows + 1];
    Number right[kDepth][kOutput + 1];
    Number weights[kRows][kColumns + 1];
  };
  struct Scores {
    Number x[kMyRows][kMyColumns];
  };

  static __device__ int row(int r) { return static_cast<int>(threadIdx.x) / kSide + r * kSide; }
  static __device__ int column(int c) { return static_cast<int>(threadIdx.x) % kSide + c * kSide; }

  static __device__ Number exp(Number x) { return math::exp(x); }

  // Operands are read where they are used.
  static __device__ void fetch_own(Shared&, int, const TileRows<const E>&) {}
  static __device__ void fetch_other(Shared&, int, const TileRows<const E>&) {}
  static __device__ void arrive() {}

  // scores = own otherᵀ
  static __device__ void product(Shared& shared, int, int, const TileRows<const E>& own, const TileRows<const E>& other,
                                 Scores& scores) {
    for (int i = 0; i < kSquare; ++i)
      for (int j = 0; j < kSquare; ++j) scores.x[i][j] = 0;
    for (int64_t first = 0; first < own.width; first += kDepth) {
      __syncthreads();
      for (int at = threadIdx.x; at < kDepth * kRows; at += kThreads) {
        const int e = at % kDepth, row = at / kDepth;
        shared.left[e][row] = element(own, row, first + e);
        shared.right[e][row] = element(other, row, first + e);
      }
      __syncthreads();
      for (int e = 0; e < kDepth; ++e)
        for (int i = 0; i < kSquare; ++i)
          for (int j = 0; j < kSquare; ++j)
            scores.x[i][j] = std::fma(shared.left[e][row(i)], shared.right[e][column(j)], scores.x[i][j]);
    }
  }

  // Sums for kOutput columns from `column` on.
  struct Sums {
    static constexpr int kEach = kOutput / kSide;
    Number sum[kSquare][kEach] = {};

    __device__ void scale(const Number (&factors)[kMyRows]) {
      for (int i = 0; i < kSquare; ++i)
        for (int j = 0; j < kEach; ++j) sum[i][j] *= factors[i];
    }

    // Adds the scores, which may be weights by now, times other.
    __device__ void add(Shared& shared, int, const Scores& scores, const TileRows<const E>& other, int64_t first_column) {
      __syncthreads();
      for (int i = 0; i < kSquare; ++i)
        for (int j = 0; j < kSquare; ++j) shared.weights[row(i)][column(j)] = scores.x[i][j];
      for (int first = 0; first < kColumns; first += kDepth) {
        __syncthreads();
        for (int at = threadIdx.x; at < kDepth * kOutput; at += kThreads) {
          const int row = at / kOutput, j = at % kOutput;
          shared.right[row][j] = element(other, first + row, first_column + j);
        }
        __syncthreads();
        for (int k = 0; k < kDepth; ++k)
          for (int i = 0; i < kSquare; ++i) {
            const Number weight = shared.weights[row(i)][first + k];
            for (int j = 0; j < kEach; ++j) sum[i][j] = std::fma(weight, shared.right[k][column(j)], sum[i][j]);
          }
      }
    }

    // Writes what rows and columns there are, times a factor for each row.
    __device__ void write(const TileRows<E>& to, int64_t first_column, const Number (&factors)[kMyRows]) const {
      for (int i = 0; i < kSquare; ++i)
        for (int j = 0; j < kEach; ++j) {
          const int64_t at = first_column + column(j);
          if (row(i) < to.rows && at < to.width) to.data[row(i) * to.stride + at] = sum[i][j] * factors[i];
        }
    }
  };

 private:
  static __device__ Number element(const TileRows<const E>& x, int64_t row, int64_t column) {
    return row < x.rows && column < x.width ? widened(x.data[row * x.stride + column]) : Number(0);
  }
};

}  // namespace hebb
