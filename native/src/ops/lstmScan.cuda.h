// All steps of an LSTM in one launch, whose blocks run at the same time and meet after each step: between steps there is nothing
// but that meeting, and the kernel's weights stay where they are (G. Diamos et al., "Persistent RNNs: Stashing Recurrent Weights
// On-Chip", 2016). A block has some units of all rows, their weights in shared memory; what it needs of the others' units goes
// through global memory.
#pragma once

#include "cuda/together.cuh"
#include "ops/lstmCell.cuda.h"

namespace hebb {

// Each lane of a warp has a row, of 32 at a time. Warps have a unit each and, where there are more warps than units, parts of its
// sums.
struct LstmScan {
  static constexpr int kThreads = 256, kWarps = kThreads / 32, kRows = 32;
  // Past this many rows products on the tensor cores pay for their launches.
  static constexpr int64_t kMostRows = 128;

  int each;         // units of a block
  int depth;        // columns of the tile that is multiplied at once
  int64_t columns;  // of the weights: units, or 4 units, and up to a multiple of 4

  // Floats of shared memory, where a unit has `wide` weights for each column.
  __host__ __device__ int64_t weights(int wide) const { return columns * each * wide; }
  __host__ __device__ int stride() const { return depth + 4; }  // neighbouring rows lie in other banks
  size_t bytes(int wide) const {
    return sizeof(float) * static_cast<size_t>(weights(wide) + kRows * stride() + kWarps * wide * kRows);
  }
  unsigned blocks(int64_t units) const { return static_cast<unsigned>((units + each - 1) / each); }
};

// Four weights of a unit: those of a column where it has so many (laid out [column, unit, 4]), else of four columns ([unit,
// column]).
template <int Wide>
__device__ float4 four_weights(const LstmScan& scan, const float* weights, int unit, int64_t column) {
  const int64_t at = Wide == 4 ? (column * scan.each + unit) * 4 : unit * scan.columns + column;
  return *reinterpret_cast<const float4*>(weights + at);
}

__device__ inline void add_column(float (&sum)[4], float x, const float4& w) {
  sum[0] = std::fma(x, w.x, sum[0]), sum[1] = std::fma(x, w.y, sum[1]);
  sum[2] = std::fma(x, w.z, sum[2]), sum[3] = std::fma(x, w.w, sum[3]);
}

// sum[q] = Σ_k x[row, k] w[k, unit, q] over this warp's part of the columns, of rows from `first` on. Every thread of the block
// comes here. x is written by other blocks.
template <int Wide, typename E>
__device__ void multiply_rows(const LstmScan& scan, const float* weights, float* tile, const E* x, int64_t first, int64_t rows,
                              int64_t columns, int unit, int part, int parts, float (&sum)[Wide]) {
  const int at = static_cast<int>(threadIdx.x), lane = at % 32;
  const auto fetch = [&](int64_t from, float(&next)[LstmScan::kRows]) {
    HEBB_UNROLL
    for (int r = 0; r < LstmScan::kRows; ++r) {
      const bool present = at < scan.depth && first + r < rows && from + at < columns;
      next[r] = present ? widened(load_fresh(x + (first + r) * columns + from + at)) : 0.0f;
    }
  };
  for (int q = 0; q < Wide; ++q) sum[q] = 0;
  float next[LstmScan::kRows];
  fetch(0, next);
  for (int64_t from = 0; from < columns; from += scan.depth) {
    __syncthreads();
    HEBB_UNROLL
    for (int r = 0; r < LstmScan::kRows; ++r)
      if (at < scan.depth) tile[r * scan.stride() + at] = next[r];
    __syncthreads();
    // The next tile is on its way while this one is multiplied.
    if (from + scan.depth < columns) fetch(from + scan.depth, next);
    const int64_t left = scan.columns - from, here = left < scan.depth ? left : scan.depth;
    const int share = static_cast<int>((here + 4 * parts - 1) / (4 * parts) * 4), begin = part * share;
    const int end = begin + share < here ? begin + share : static_cast<int>(here);
    for (int k = begin; k < end; k += 4) {
      const float4 x4 = *reinterpret_cast<const float4*>(tile + lane * scan.stride() + k);
      if constexpr (Wide == 4) {
        add_column(sum, x4.x, four_weights<4>(scan, weights, unit, from + k));
        add_column(sum, x4.y, four_weights<4>(scan, weights, unit, from + k + 1));
        add_column(sum, x4.z, four_weights<4>(scan, weights, unit, from + k + 2));
        add_column(sum, x4.w, four_weights<4>(scan, weights, unit, from + k + 3));
      } else {
        const float4 w = four_weights<1>(scan, weights, unit, from + k);
        sum[0] = std::fma(x4.w, w.w, std::fma(x4.z, w.z, std::fma(x4.y, w.y, std::fma(x4.x, w.x, sum[0]))));
      }
    }
  }
}

// The sums of a unit's parts, in order, for its first warp.
template <int Wide>
__device__ void add_parts(const LstmScan& scan, float* sums, int unit, int part, int parts, float (&sum)[Wide]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const auto place = [&](int p, int q) { return ((p * scan.each + unit) * Wide + q) * LstmScan::kRows + lane; };
  for (int q = 0; q < Wide; ++q) sums[place(part, q)] = sum[q];
  __syncthreads();
  if (part > 0) return;
  for (int p = 1; p < parts; ++p)
    for (int q = 0; q < Wide; ++q) sum[q] += sums[place(p, q)];
}

// What a block's warp works on.
struct LstmPlace {
  int unit, part, parts;
  int64_t j;  // the unit among all
  __device__ explicit LstmPlace(const LstmScan& scan)
      : unit(static_cast<int>(threadIdx.x) / 32 % scan.each),
        part(static_cast<int>(threadIdx.x) / 32 / scan.each),
        parts(LstmScan::kWarps / scan.each),
        j(static_cast<int64_t>(blockIdx.x) * scan.each + unit) {}
};

// exchange: [2, rows, units], the hidden states of a step and of the one before.
template <typename E>
__global__ void __launch_bounds__(LstmScan::kThreads, 1)
    lstm_scan(LstmShape s, LstmScan scan, LstmForward<E> f, const E* kernel, const E* h0, E* exchange) {
  HEBB_DYNAMIC_SHARED(float, weights);
  float *tile = weights + scan.weights(4), *sums = tile + LstmScan::kRows * scan.stride();
  const LstmPlace place(scan);
  const int64_t u = s.units, first_unit = static_cast<int64_t>(blockIdx.x) * scan.each;
  for (int64_t at = threadIdx.x; at < scan.weights(4); at += LstmScan::kThreads) {
    const int64_t q = at % 4, j = first_unit + at / 4 % scan.each, k = at / 4 / scan.each;
    weights[at] = j < u && k < u ? widened(kernel[k * 4 * u + q * u + j]) : 0.0f;
  }
  for (int64_t t = 0; t < s.steps; ++t) {
    const E* before = t == 0 ? h0 : exchange + (t - 1) % 2 * s.rows * u;
    f.hidden = exchange + t % 2 * s.rows * u;
    for (int64_t first = 0; first < s.rows; first += LstmScan::kRows) {
      float z[4];
      multiply_rows(scan, weights, tile, before, first, s.rows, u, place.unit, place.part, place.parts, z);
      add_parts(scan, sums, place.unit, place.part, place.parts, z);
      const int64_t r = first + threadIdx.x % 32;
      if (place.part == 0 && r < s.rows && place.j < u) lstm_cell_at(s, t, f, r, place.j, z[0], z[1], z[2], z[3]);
    }
    if (t + 1 < s.steps) meet_grid();
  }
}

// exchange: [2, rows, 4 units], the gradients of the gates of a step and of the one after.
template <typename E>
__global__ void __launch_bounds__(LstmScan::kThreads, 1)
    lstm_scan_grad(LstmShape s, LstmScan scan, LstmBackward<E> b, const E* kernel, E* exchange) {
  HEBB_DYNAMIC_SHARED(float, weights);
  float *tile = weights + scan.weights(1), *sums = tile + LstmScan::kRows * scan.stride();
  const LstmPlace place(scan);
  const int64_t u = s.units, first_unit = static_cast<int64_t>(blockIdx.x) * scan.each;
  for (int64_t at = threadIdx.x; at < scan.weights(1); at += LstmScan::kThreads) {
    const int64_t j = first_unit + at / scan.columns, k = at % scan.columns;
    weights[at] = j < u && k < 4 * u ? widened(kernel[j * 4 * u + k]) : 0.0f;
  }
  const int64_t lane = threadIdx.x % 32;
  const auto mine = [&](int64_t r) { return place.part == 0 && r < s.rows && place.j < u; };
  for (int64_t t = s.steps - 1; t >= 0; --t) {
    b.dz = exchange + t % 2 * s.rows * 4 * u;
    for (int64_t r = lane; r < s.rows; r += 32)
      if (mine(r)) lstm_cell_grad_at(s, t, b, r, place.j);
    meet_grid();
    for (int64_t first = 0; first < s.rows; first += LstmScan::kRows) {
      float later[1];
      multiply_rows(scan, weights, tile, static_cast<const E*>(b.dz), first, s.rows, 4 * u, place.unit, place.part, place.parts,
                    later);
      add_parts(scan, sums, place.unit, place.part, place.parts, later);
      if (mine(first + lane)) b.later[(first + lane) * u + place.j] = later[0];
    }
  }
}

}  // namespace hebb
