// The products of attention on the tensor cores, for 16-bit floats. Each warp has 16 rows; tiles lie in shared memory, as wide as
// the widest operand, with zeros beyond what there is.
#pragma once

#include "cuda/tensorCores.cuh"
#include "ops/attentionTile.cuda.h"

namespace hebb {

// Owns and Others: how many tiles of each a kernel keeps; there are as many arrays of scores as of its own tiles.
template <typename E, int Width, int Warps, int Columns, int Owns>
struct WmmaTiles {
  using Element = E;
  using Number = float;
  using Weight = E;
  static constexpr int kThreads = Warps * kWarp;
  static constexpr int kRows = Warps * kFragment, kColumns = Columns;
  static constexpr int kOutput = Width < 128 ? Width : 128;
  static constexpr int kLanes = kThreads / kRows;
  // Neighbouring rows lie in other banks.
  static constexpr int kTileStride = Width + 8, kStride = Columns + 4;

  // Each array begins at a multiple of 32 bytes.
  struct alignas(32) Shared {
    E own[Owns][kRows * kTileStride];
    E other[Owns][kColumns * kTileStride];
    Number scores[Owns][kRows * kStride];
    Number factors[Owns == 1 ? kRows * kFragment : 8];
  };

  // Weights take the place of the scores of their row.
  static __device__ Weight* weights(Number* scores, int row) { return reinterpret_cast<E*>(scores + row * kStride); }

  // A matrix whose rows are of one number each: what scales rows of a fragment, whose layout is not ours to know.
  static __device__ void set_factor(Shared& shared, int row, int lane, Number factor) {
    for (int i = lane; i < kFragment; i += kLanes) shared.factors[row * kFragment + i] = factor;
  }

  static __device__ void load_own(Shared& shared, int index, const TileRows<E>& from) { load<kRows>(shared.own[index], from); }
  static __device__ void load_other(Shared& shared, int index, const TileRows<E>& from) {
    load<kColumns>(shared.other[index], from);
  }

  // scores = own otherᵀ. Every thread of the block comes here, and may read the scores afterwards.
  static __device__ void product(Shared& shared, int index, const TileRows<E>& own, const TileRows<E>&) {
    using namespace nvcuda;
    constexpr int kCount = kColumns / kFragment;
    const int row = my_row();
    SumFragment sums[kCount];
    for (int j = 0; j < kCount; ++j) wmma::fill_fragment(sums[j], 0.0f);
    for (int e = 0; e < own.width; e += kFragment) {
      LeftFragment<E, wmma::row_major> left;
      load_fragment(left, shared.own[index] + row * kTileStride + e, kTileStride);
      HEBB_UNROLL
      for (int j = 0; j < kCount; ++j) {
        RightFragment<E, wmma::col_major> right;
        load_fragment(right, shared.other[index] + j * kFragment * kTileStride + e, kTileStride);
        wmma::mma_sync(sums[j], left, right, sums[j]);
      }
    }
    HEBB_UNROLL
    for (int j = 0; j < kCount; ++j)
      wmma::store_matrix_sync(shared.scores[index] + row * kStride + j * kFragment, sums[j], kStride, wmma::mem_row_major);
    __syncthreads();
  }

  // Sums for kOutput columns from `column` on.
  struct Sums {
    static constexpr int kCount = kOutput / kFragment;
    SumFragment sum[kCount];

    __device__ Sums() {
      HEBB_UNROLL
      for (int j = 0; j < kCount; ++j) nvcuda::wmma::fill_fragment(sum[j], 0.0f);
    }

    __device__ void scale(const Shared& shared) {
      SumFragment factors;
      nvcuda::wmma::load_matrix_sync(factors, shared.factors + my_row() * kFragment, kFragment, nvcuda::wmma::mem_row_major);
      HEBB_UNROLL
      for (int j = 0; j < kCount; ++j)
        for (int i = 0; i < static_cast<int>(factors.num_elements); ++i) sum[j].x[i] *= factors.x[i];
    }

    // Adds weights times other.
    __device__ void add(Shared& shared, int buffer, int index, const TileRows<E>& other, int64_t column) {
      using namespace nvcuda;
      const E* weight = weights(shared.scores[buffer], my_row());
      for (int k = 0; k < kColumns; k += kFragment) {
        LeftFragment<E, wmma::row_major> left;
        load_fragment(left, weight + k, kStride * sizeof(Number) / sizeof(E));
        HEBB_UNROLL
        for (int j = 0; j < kCount; ++j) {
          const int64_t at = column + j * kFragment;
          if (at >= other.width) continue;
          RightFragment<E, wmma::row_major> right;
          load_fragment(right, shared.other[index] + k * kTileStride + at, kTileStride);
          wmma::mma_sync(sum[j], left, right, sum[j]);
        }
      }
    }

    // Writes the first `rows` rows, times `scale`, where they have columns. By way of the first scores.
    __device__ void write(Shared& shared, E* to, int64_t rows, int64_t width, int64_t column, Number scale) const {
      const int first = my_row(), lane = threadIdx.x % kWarp;
      float* patch = shared.scores[0] + first * kStride;
      HEBB_UNROLL
      for (int j = 0; j < kCount; ++j) {
        __syncthreads();
        nvcuda::wmma::store_matrix_sync(patch, sum[j], kStride, nvcuda::wmma::mem_row_major);
        __syncthreads();
        for (int i = lane; i < kFragment * kFragment; i += kWarp) {
          const int64_t row = first + i / kFragment, at = column + j * kFragment + i % kFragment;
          if (row < rows && at < width) to[row * width + at] = patch[i / kFragment * kStride + i % kFragment] * scale;
        }
      }
    }
  };

 private:
  static_assert(kColumns >= kFragment && kRows * kTileStride % 16 == 0 && kColumns * kTileStride % 16 == 0);

  struct alignas(16) Eight {
    E value[8];
  };

  static __device__ int my_row() { return static_cast<int>(threadIdx.x) / kWarp * kFragment; }

  // A tile that others may be reading until now; all may read it afterwards.
  template <int Rows>
  static __device__ void load(E* to, const TileRows<E>& from) {
    const int groups = static_cast<int>((from.width + kFragment - 1) / kFragment * kFragment / 8);
    // Eight at a time where every row begins at a multiple of 16 bytes, as then do whole groups end with it.
    const bool whole = from.width % 8 == 0;
    __syncthreads();
    for (int at = threadIdx.x; at < Rows * groups; at += kThreads) {
      const int row = at / groups, column = at % groups * 8;
      const E* source = from.data + row * from.width + column;
      Eight eight;
      if (whole && row < from.rows && column < from.width) {
        eight = *reinterpret_cast<const Eight*>(source);
      } else {
        for (int i = 0; i < 8; ++i) eight.value[i] = row < from.rows && column + i < from.width ? source[i] : E(0.0f);
      }
      *reinterpret_cast<Eight*>(to + row * kTileStride + column) = eight;
    }
    __syncthreads();
  }
};

// The widest operands that the tensor cores take.
constexpr int64_t kWmmaWidth = 256;

}  // namespace hebb
