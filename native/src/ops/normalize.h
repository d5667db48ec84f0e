// Shared by batch and layer normalisation: sums in lanes, and partial sums over fixed chunks of rows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/simd.h"

namespace hebb {

// The sum of term(i) for i < n, in as many interleaved sums as a vector has lanes.
template <typename T, typename Term>
inline T sum_terms(int64_t n, const Term& term) {
  constexpr int lanes = kVectorLanes<T>;
  T sum[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int l = 0; l < lanes; ++l) sum[l] += term(i + l);
  for (int l = 0; i + l < n; ++l) sum[l] += term(i + l);
  return sum_lanes<T>(load(sum));
}

// Rows in chunks whose size depends on the shape alone.
struct RowChunks {
  int64_t rows, chunk, count;
  RowChunks(int64_t m, int64_t width, int64_t most)
      : rows(m),
        chunk(std::max(std::clamp<int64_t>(16384 / std::max<int64_t>(1, width), 8, 256), (m + most - 1) / most)),
        count((m + chunk - 1) / chunk) {}
  int64_t begin(int64_t i) const { return i * chunk; }
  int64_t end(int64_t i) const { return std::min((i + 1) * chunk, rows); }
};

// total[i] = sum over chunks of partial[chunk * stride + i], in order.
template <typename T>
void add_chunks(const T* partial, int64_t chunks, int64_t stride, int64_t width, T* total) {
  parallel_for(width, 2048, [&](int64_t begin, int64_t end) {
    std::fill(total + begin, total + end, T(0));
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      for (int64_t i = begin; i < end; ++i) total[i] += partial[chunk * stride + i];
  });
}

}  // namespace hebb
