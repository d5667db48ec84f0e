// Products through float32 whose columns are shared out: each task packs its part of B, one depth after the other, and widens a
// few rows of A at a time, all in its caches. Fit for few rows, where packing B whole for all threads is not repaid, and for an A
// that is nowhere in memory, such as the windows of a convolution.
#pragma once

#include <algorithm>

#include "cpu/gemm_packed.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {

// Cuts n up in whole units.
struct Cuts {
  int64_t n, size, count;
  Cuts(int64_t all, int64_t most, int64_t unit)
      : n(all), size(std::max(unit, most / unit * unit)), count((all + size - 1) / size) {}
  int64_t begin(int64_t i) const { return std::min(n, i * size); }
};

// Elements of an operand's part, or of two together, that stay in the second-level cache, and rows for which B is read once.
constexpr int64_t kNearElements = int64_t{1} << 17, kNearRows = 96;

struct ColumnsScratch {};

// P has m, n and k = taps * depth, and
//   left(first, last, tap, from, depth, to): rows [first, last) of A, columns [from, from + depth) of a tap, dense, to float32;
//   right(tap, from, column): B from there on;
//   write(sums, row, rows, column, columns): sums [rows, columns] to the place of C that begins with (row, column).
template <typename P>
void multiply_by_columns(const P& p) {
  constexpr int64_t kMostColumns = 256, kMostRows = 4 * kNearRows, kLeastTasks = 4;  // of a thread
  const Cuts groups(p.m, kMostRows, kTileRows);
  const int64_t strips = std::max<int64_t>(1, kLeastTasks * thread_count() / groups.count);
  const Cuts columns(p.n, std::clamp<int64_t>(p.n / strips, 2 * kTileColumns<float>, kMostColumns), kTileColumns<float>);
  const Cuts depths(p.depth, kNearElements / columns.size, PackedMatrix<float>::kDepth);
  const auto lines = [](int64_t n) { return (n + 15) / 16 * 16; };
  const int64_t packed = lines(PackedMatrix<float>::size(depths.size, columns.size));
  const int64_t a_size = lines(kNearRows * depths.size), own = packed + a_size + lines(groups.size * columns.size);
  const int64_t tasks = columns.count * groups.count, slots = slots_for(tasks);
  float* memory = thread_scratch<ColumnsScratch>().array<float>(slots * own);
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    float *to = memory + slot * own, *a = to + packed, *sums = a + a_size;
    const int64_t strip = task / groups.count, group = task % groups.count;
    const int64_t column = columns.begin(strip), width = columns.begin(strip + 1) - column;
    const int64_t begin = groups.begin(group), end = groups.begin(group + 1);
    for (int64_t i = 0; i < p.taps * depths.count; ++i) {
      const int64_t tap = i / depths.count, from = depths.begin(i % depths.count),
                    depth = depths.begin(i % depths.count + 1) - from;
      const PackedMatrix<float> b(p.right(tap, from, column), depth, width, to, true);
      for (int64_t first = begin; first < end; first += kNearRows) {
        const int64_t last = std::min(first + kNearRows, end);
        p.left(first, last, tap, from, depth, a);
        b.multiply({a, depth, 1}, last - first, sums + (first - begin) * width, width, i > 0);
      }
    }
    p.write(sums, begin, end - begin, column, width);
  });
}

}  // namespace hebb
