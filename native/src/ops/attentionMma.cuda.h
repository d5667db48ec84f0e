// The products of attention on the tensor cores, for 16-bit floats. Operands come through tiles in shared memory, as wide as the
// widest, with zeros beyond what there is; scores and sums stay in registers, where the product that made a tile of scores leaves
// them as the next one takes them.
#pragma once

#include "cuda/ptx.cuh"
#include "ops/attentionTile.cuda.h"

namespace hebb {

// Each warp has Height times 16 rows. Owns: how many tiles of its own a kernel keeps.
template <typename E, int Width, int Warps, int Height, int Columns, int Owns>
struct MmaTiles {
  using Element = E;
  using Number = float;
  static constexpr int kThreads = Warps * kWarp;
  static constexpr int kRows = Warps * Height * 16, kColumns = Columns;
  static constexpr int kOutput = Width < 128 ? Width : 128;
  static constexpr int kMyRows = 2 * Height, kMyColumns = Columns / 4, kRowLanes = 4;
  // The rows that load_matrices() takes at once lie in different banks.
  static constexpr int kStride = Width + 8;

  struct alignas(16) Shared {
    E own[Owns][kRows * kStride];
    E other[2][kColumns * kStride];
  };
  struct Scores {
    Number x[kMyRows][kMyColumns];
  };

  static __device__ int row(int r) { return warp_row() + r / 2 * 16 + r % 2 * 8 + lane() / 4; }
  static __device__ int column(int c) { return c / 2 * 8 + lane() % 4 * 2 + c % 2; }

  static __device__ Number exp(Number x) { return exp2_fast(x * math::kLog2E); }

  // Tiles on their way; nobody may be reading what was there before.
  static __device__ void fetch_own(Shared& shared, int index, const TileRows<const E>& from) {
    fetch<kRows>(shared.own[index], from);
  }
  static __device__ void fetch_other(Shared& shared, int index, const TileRows<const E>& from) {
    fetch<kColumns>(shared.other[index], from);
  }
  // Waits for all tiles; every thread of the block comes here.
  static __device__ void arrive() {
    copies_arrive();
    __syncthreads();
  }

  // scores = own otherᵀ
  static __device__ void product(Shared& shared, int own, int other, const TileRows<const E>& rows, const TileRows<const E>&,
                                 Scores& scores) {
    HEBB_UNROLL
    for (int r = 0; r < kMyRows; ++r)
      for (int c = 0; c < kMyColumns; ++c) scores.x[r][c] = 0;
    const E* left = shared.own[own] + (warp_row() + lane() % 16) * kStride + lane() / 16 * 8;
    const E* right = shared.other[other] + (lane() / 16 * 8 + lane() % 8) * kStride + lane() / 8 % 2 * 8;
    HEBB_UNROLL
    for (int e = 0; e < Width; e += 16) {
      if (e >= rows.width) break;
      uint32_t a[Height][4];
      HEBB_UNROLL
      for (int m = 0; m < Height; ++m) load_matrices(a[m], left + m * 16 * kStride + e);
      HEBB_UNROLL
      for (int n = 0; n < kColumns; n += 16) {
        uint32_t b[4];
        load_matrices(b, right + n * kStride + e);
        HEBB_UNROLL
        for (int m = 0; m < Height; ++m) multiply_two(scores.x, m, n / 4, a[m], b);
      }
    }
  }

  // Sums for kOutput columns from `column` on.
  struct Sums {
    static constexpr int kEach = kOutput / 4;
    Number sum[kMyRows][kEach] = {};

    __device__ void scale(const Number (&factors)[kMyRows]) {
      HEBB_UNROLL
      for (int r = 0; r < kMyRows; ++r)
        for (int c = 0; c < kEach; ++c) sum[r][c] *= factors[r];
    }

    // Adds the scores, which may be weights by now, times other.
    __device__ void add(Shared& shared, int other, const Scores& scores, const TileRows<const E>& rows, int64_t column) {
      const E* right = shared.other[other] + lane() % 16 * kStride + lane() / 16 * 8 + column;
      HEBB_UNROLL
      for (int k = 0; k < kColumns; k += 16) {
        uint32_t a[Height][4];
        HEBB_UNROLL
        for (int m = 0; m < Height; ++m)
          for (int i = 0; i < 4; ++i) {
            const Number* pair = &scores.x[2 * m + i % 2][k / 4 + i / 2 * 2];
            a[m][i] = pack_two<E>(pair[0], pair[1]);
          }
        HEBB_UNROLL
        for (int n = 0; n < kOutput; n += 16) {
          if (column + n >= rows.width) break;
          uint32_t b[4];
          load_transposed(b, right + k * kStride + n);
          HEBB_UNROLL
          for (int m = 0; m < Height; ++m) multiply_two(sum, m, n / 4, a[m], b);
        }
      }
    }

    // Writes what rows and columns there are, times a factor for each row.
    __device__ void write(const TileRows<E>& to, int64_t column, const Number (&factors)[kMyRows]) const {
      const bool in_pairs = to.width % 2 == 0 && to.stride % 2 == 0;
      HEBB_UNROLL
      for (int r = 0; r < kMyRows; ++r)
        for (int c = 0; c < kEach; c += 2) {
          const int64_t at = column + MmaTiles::column(c);
          if (row(r) >= to.rows || at >= to.width) continue;
          E* pair = to.data + row(r) * to.stride + at;
          const Number low = sum[r][c] * factors[r], high = sum[r][c + 1] * factors[r];
          if (in_pairs) {
            *reinterpret_cast<uint32_t*>(pair) = pack_two<E>(low, high);
          } else {
            pair[0] = low;
            if (at + 1 < to.width) pair[1] = high;
          }
        }
    }
  };

 private:
  static_assert(kColumns % 16 == 0 && kRows * kStride % 8 == 0 && kColumns * kStride % 8 == 0);

  static __device__ int lane() { return static_cast<int>(threadIdx.x) % kWarp; }
  static __device__ int warp_row() { return static_cast<int>(threadIdx.x) / kWarp * Height * 16; }

  // Two products that lie side by side, into the columns of the thread from c on.
  template <int Each>
  static __device__ void multiply_two(Number (&d)[kMyRows][Each], int m, int c, const uint32_t (&a)[4], const uint32_t (&b)[4]) {
    Number *top = d[2 * m] + c, *bottom = d[2 * m + 1] + c;
    multiply_add<E>(top[0], top[1], bottom[0], bottom[1], a, b[0], b[1]);
    multiply_add<E>(top[2], top[3], bottom[2], bottom[3], a, b[2], b[3]);
  }

  template <int Rows>
  static __device__ void fetch(E* to, const TileRows<const E>& from) {
    // Each thread has eight columns, of every kStep-th row.
    constexpr int kGroups = Width / 8, kStep = kThreads / kGroups;
    static_assert(kThreads % kGroups == 0 && Rows % kStep == 0);
    const int first = static_cast<int>(threadIdx.x) / kGroups, column = static_cast<int>(threadIdx.x) % kGroups * 8;
    if (column >= (from.width + 15) / 16 * 16) return;
    // All eight at once where every row begins at a multiple of 16 bytes, as then do whole groups end with it.
    const bool whole = from.width % 8 == 0 && from.stride % 8 == 0 && reinterpret_cast<uintptr_t>(from.data) % 16 == 0;
    const E* source = from.data + first * from.stride + column;
    E* place = to + first * kStride + column;
    for (int row = 0; row < Rows; row += kStep, source += kStep * from.stride, place += kStep * kStride) {
      const bool present = first + row < from.rows && column < from.width;
      if (whole) {
        copy_to_shared(place, present ? source : from.data, present);
      } else {
        for (int i = 0; i < 8; ++i) place[i] = present && column + i < from.width ? source[i] : E(0.0f);
      }
    }
  }
};

// The widest operands that the tensor cores take.
constexpr int64_t kMmaWidth = 256;

}  // namespace hebb
