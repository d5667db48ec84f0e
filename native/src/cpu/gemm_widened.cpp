#include "cpu/gemm_widened.h"

#include "cpu/gemm_packed.h"
#include "cpu/map.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

constexpr int64_t kRows = 96;                    // at a time: B is read once for them
constexpr int64_t kElements = int64_t{1} << 17;  // of such rows of A and C, which stay in the second-level cache

int64_t lines(int64_t n) { return (n + 15) / 16 * 16; }

// Rows [first, last) of C. `wide` holds as many rows of A and of C.
void multiply_rows(const WidenedGemm& g, const PackedMatrix<float>& b, const float* bias, int64_t first, int64_t last,
                   float* wide) {
  const int64_t rows = last - first;
  float* sums = wide + lines(rows * g.k);
  widen(g.a + first * g.k, rows * g.k, wide);
  b.multiply({wide, g.k, 1}, rows, sums, g.n);
  for (int64_t i = 0; i < rows; ++i) {
    BFloat16* c = g.c + (first + i) * g.n;
    if (bias == nullptr)
      map_serial(c, sums + i * g.n, g.n, [](float x) { return x; });
    else
      for (int64_t j = 0; j < g.n; ++j) c[j] = sums[i * g.n + j] + bias[j];
  }
  finish_rows(g.c + first * g.n, rows, g.n, g.n, g.epilogue.from(first * g.n));
}

struct WidenedScratch {};

}  // namespace

void gemm_widened(const WidenedGemm& g) {
  const int64_t most = std::clamp<int64_t>(kElements / (g.k + g.n), kTileRows, kRows);
  const int64_t slots = slots_for((g.m + most - 1) / most), part = lines(most * g.k) + lines(most * g.n);
  const int64_t packed = lines(PackedMatrix<float>::size(g.k, g.n)), dense = lines(g.k * g.n);
  float* to = thread_scratch<WidenedScratch>().array<float>(packed + dense + lines(g.n) + slots * part);
  float *copy = to + packed, *bias = copy + dense, *rows = bias + lines(g.n);
  map(copy, g.b.data, g.k * g.n, [](float x) { return x; });
  if (g.bias != nullptr) widen(g.bias, g.n, bias);
  const PackedMatrix<float> b({copy, g.b.row, g.b.column}, g.k, g.n, to);
  parallel_for(slots, 1, [&](int64_t slot, int64_t) {
    const int64_t begin = slot * g.m / slots, count = (slot + 1) * g.m / slots - begin, blocks = (count + most - 1) / most;
    for (int64_t i = 0; i < blocks; ++i)
      multiply_rows(g, b, g.bias == nullptr ? nullptr : bias, begin + i * count / blocks, begin + (i + 1) * count / blocks,
                    rows + slot * part);
  });
}

}  // namespace hebb
