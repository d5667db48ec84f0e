// The products of attention without tensor cores: any float, any width. A thread makes a square of the scores; operands go
// through shared memory a few columns at a time.
#pragma once

#include "ops/attentionTile.cuda.h"

namespace hebb {

// Buffers: how many arrays of scores a kernel needs.
template <typename E, int Buffers>
struct PlainTiles {
  using Element = E;
  using Number = Wide<E>;
  using Weight = Number;
  static constexpr int kSide = 16;  // threads along each side
  static constexpr int kThreads = kSide * kSide;
  static constexpr int kSquare = sizeof(Number) == 8 ? 2 : 4;
  static constexpr int kRows = kSide * kSquare, kColumns = kRows;
  static constexpr int kOutput = 128;  // columns of the output
  static constexpr int kLanes = kThreads / kRows;
  static constexpr int kDepth = 16;
  static constexpr int kStride = kColumns + 1;

  struct Shared {
    Number left[kDepth][kRows + 1];
    Number right[kDepth][kOutput + 1];
    Number scores[Buffers][kRows * kStride];
    Number factors[kRows];
  };

  static __device__ Weight* weights(Number* scores, int row) { return scores + row * kStride; }
  static __device__ void set_factor(Shared& shared, int row, int lane, Number factor) {
    if (lane == 0) shared.factors[row] = factor;
  }

  // Operands are read where they are used.
  static __device__ void load_own(Shared&, int, const TileRows<E>&) {}
  static __device__ void load_other(Shared&, int, const TileRows<E>&) {}

  // scores = own otherᵀ. Every thread of the block comes here, and may read the scores afterwards.
  static __device__ void product(Shared& shared, int buffer, const TileRows<E>& own, const TileRows<E>& other) {
    const int x = threadIdx.x % kSide, y = threadIdx.x / kSide;
    Number sum[kSquare][kSquare] = {};
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
            sum[i][j] = std::fma(shared.left[e][y + i * kSide], shared.right[e][x + j * kSide], sum[i][j]);
    }
    __syncthreads();
    for (int i = 0; i < kSquare; ++i)
      for (int j = 0; j < kSquare; ++j) shared.scores[buffer][(y + i * kSide) * kStride + x + j * kSide] = sum[i][j];
    __syncthreads();
  }

  // Sums for kOutput columns from `column` on.
  struct Sums {
    static constexpr int kEach = kOutput / kSide;
    Number sum[kSquare][kEach] = {};

    __device__ void scale(const Shared& shared) {
      for (int i = 0; i < kSquare; ++i)
        for (int j = 0; j < kEach; ++j) sum[i][j] *= shared.factors[threadIdx.x / kSide + i * kSide];
    }

    // Adds weights times other.
    __device__ void add(Shared& shared, int buffer, int, const TileRows<E>& other, int64_t column) {
      const int x = threadIdx.x % kSide, y = threadIdx.x / kSide;
      for (int first = 0; first < kColumns; first += kDepth) {
        __syncthreads();
        for (int at = threadIdx.x; at < kDepth * kOutput; at += kThreads) {
          const int row = at / kOutput, j = at % kOutput;
          shared.right[row][j] = element(other, first + row, column + j);
        }
        __syncthreads();
        for (int k = 0; k < kDepth; ++k)
          for (int i = 0; i < kSquare; ++i) {
            const Number weight = shared.scores[buffer][(y + i * kSide) * kStride + first + k];
            for (int j = 0; j < kEach; ++j) sum[i][j] = std::fma(weight, shared.right[k][x + j * kSide], sum[i][j]);
          }
      }
    }

    // Writes the first `rows` rows, times `scale`, where they have columns.
    __device__ void write(Shared&, E* to, int64_t rows, int64_t width, int64_t column, Number scale) const {
      const int x = threadIdx.x % kSide, y = threadIdx.x / kSide;
      for (int i = 0; i < kSquare; ++i)
        for (int j = 0; j < kEach; ++j) {
          const int64_t row = y + i * kSide, at = column + x + j * kSide;
          if (row < rows && at < width) to[row * width + at] = sum[i][j] * scale;
        }
    }
  };

 private:
  static __device__ Number element(const TileRows<E>& x, int64_t row, int64_t column) {
    return row < x.rows && column < x.width ? widened(x.data[row * x.width + column]) : Number(0);
  }
};

}  // namespace hebb
