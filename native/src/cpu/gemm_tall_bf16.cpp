#include "cpu/gemm_tall_bf16.h"

#include <algorithm>
#include <atomic>

#include "cpu/gemm_pack.h"
#include "cpu/gemm_tall.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "cpu/stream.h"

namespace hebb {
namespace {

using Pack = TallPack;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t even(int64_t n) { return (n + 1) / 2 * 2; }

// The size of each of `parts` parts, all alike but for the last, in whole tiles.
int64_t share(int64_t n, int64_t parts, int64_t tile) { return ceil_div(ceil_div(n, parts), tile) * tile; }

constexpr int64_t kLeastTasks = 8;
constexpr int64_t kShort = 64;  // a block of B this deep stays in the first-level cache

// How a product is cut up.
struct Grid {
  int64_t rows, columns, depth;  // of a task
  int64_t row_groups, strips, parts;

  static Grid of(const TallProduct<BFloat16>& p) {
    Grid best{};
    double least = 0;
    for (int64_t r = 1; r <= kLeastTasks; r *= 2)
      for (int64_t s = 1; r * s <= kLeastTasks; s *= 2) {
        const Grid grid = cut(p, r, s, kLeastTasks / (r * s));
        // What is packed again for every strip or group, and the sums of parts: written, read, and the total written.
        const double packed = static_cast<double>(p.k) * static_cast<double>(p.m * grid.strips + p.n * grid.row_groups);
        const double sums = grid.parts > 1 ? static_cast<double>(p.m * p.n) * static_cast<double>(2 * grid.parts + 1) : 0;
        const double cost = packed * Pack::kCost + sums;
        if (best.rows != 0 && cost >= least) continue;
        best = grid;
        least = cost;
      }
    return best;
  }

  static Grid cut(const TallProduct<BFloat16>& p, int64_t r, int64_t s, int64_t q) {
    Grid grid{};
    grid.rows = share(p.m, std::max(r, ceil_div(p.m, Pack::kMostRows)), Pack::kRows);
    grid.columns = share(p.n, std::max(s, ceil_div(p.n, Pack::kMostColumns)), Pack::kColumns);
    grid.depth = std::max(even(ceil_div(p.k, q)), std::min<int64_t>(p.k, Pack::kDepth / 2));
    grid.row_groups = ceil_div(p.m, grid.rows);
    grid.strips = ceil_div(p.n, grid.columns);
    grid.parts = ceil_div(p.k, grid.depth);
    return grid;
  }
};

struct Task {
  int64_t row, rows, column, columns, first, depth;
};

// One block of one part's sums, `to` [m, n].
void multiply_task(const TallProduct<BFloat16>& p, const Task& t, bool stream, float* to, BFloat16* packed_a,
                   BFloat16* packed_b) {
  const Panels panels(t.rows, Pack::kRows);
  const Pack::Tiles tiles(t.columns);
  const int64_t most = even(ceil_div(t.depth, ceil_div(t.depth, Pack::kDepth)));
  for (int64_t done = 0; done < t.depth; done += most) {
    const int64_t depth = std::min(most, t.depth - done), at = t.first + done;
    Pack::left(p.a + at * p.m + t.row, p.m, depth, panels, packed_a);
    Pack::right(p.b + at * p.n + t.column, p.n, depth, t.columns, packed_b);
    const bool add = done > 0, past = stream && !add && depth == t.depth;
    const auto tile = [&](int64_t panel, int64_t j) {
      const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
      Pack::multiply({depth, rows, tiles.width(j), tiles.packed_width(j), packed_a + Pack::left_at(panel, row, depth),
                      packed_b + tiles.packed(j) * Pack::stored(depth), to + (t.row + row) * p.n + t.column + tiles.begin(j), p.n,
                      add, past});
    };
    // Short sums: writing C takes the time, and does best along its rows.
    const bool along = depth <= kShort;
    for (int64_t outer = 0; outer < (along ? panels.count : tiles.count()); ++outer)
      for (int64_t inner = 0; inner < (along ? tiles.count() : panels.count); ++inner)
        tile(along ? outer : inner, along ? inner : outer);
    // What went past the caches, before other threads are told that it is there.
    if (past) std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

struct TallScratch {};

}  // namespace

void tall_gemm(const TallProduct<BFloat16>& p) {
  const Grid grid = Grid::of(p);
  const int64_t deep = Pack::stored(std::min(grid.depth, Pack::kDepth));
  const int64_t size = p.m * p.n, sums = grid.parts > 1 ? ceil_div(size, 16) * 16 : 0;
  const int64_t left = ceil_div(Pack::left_at(ceil_div(grid.rows, Pack::kRows), grid.rows, deep), 64) * 64;
  const int64_t packed = left + ceil_div(deep * grid.columns, 64) * 64;
  const int64_t tasks = grid.row_groups * grid.strips * grid.parts, slots = slots_for(tasks);
  char* base =
      thread_scratch<TallScratch>().array<char>(sums * grid.parts * 4 + packed * slots * static_cast<int64_t>(sizeof(BFloat16)));
  const auto sum_of = [&](int64_t part) { return reinterpret_cast<float*>(base) + part * sums; };
  BFloat16* panels = reinterpret_cast<BFloat16*>(sum_of(grid.parts));
  for_tasks(tasks, slots, [&](int64_t index, int64_t slot) {
    const int64_t column = index % grid.strips * grid.columns, row = index / grid.strips % grid.row_groups * grid.rows;
    const int64_t part = index / grid.strips / grid.row_groups, first = part * grid.depth;
    const Task task = {row,   std::min(grid.rows, p.m - row),   column, std::min(grid.columns, p.n - column),
                       first, std::min(grid.depth, p.k - first)};
    BFloat16* own = panels + slot * packed;
    multiply_task(p, task, 4 * size >= kStreamedBytes, grid.parts > 1 ? sum_of(part) : p.c, own, own + left);
  });
  if (grid.parts > 1) add_parts(sum_of(0), sums, grid.parts, size, p.c);
}

}  // namespace hebb
