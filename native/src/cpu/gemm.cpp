// Packed, blocked matrix products (K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
#include "cpu/gemm.h"

#include "cpu/gemm_pack.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

constexpr int64_t kDepth = 256;           // a panel of B stays in the first-level cache
constexpr int64_t kStrip = 256;           // columns of B packed at a time, for the second-level cache
constexpr int64_t kRowGroup = 384;        // rows of C per task
constexpr int64_t kPackedSize = 1 << 19;  // elements of A packed at a time, where that leaves blocks of full depth
constexpr int64_t kPackedRows = 4096;     // rows of A packed at a time
constexpr int64_t kSerialProducts = 1 << 19;
constexpr int64_t kSerialFew = 1 << 18;  // few rows: reading B, 1 MiB, is what takes the time
constexpr int64_t kTasks = 16;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Packed A: for each block of kDepth, the panels of all rows.
template <typename T>
void pack_rows(const Gemm<T>& g, const Panels& panels, int64_t begin, int64_t end, T* packed) {
  for (int64_t p = 0; p < g.k; p += kDepth) pack_a(g.a, panels, begin, end, p, std::min(kDepth, g.k - p), packed + p * g.m);
}

struct Block {
  int64_t panel_begin, panel_end, column, columns;
};

// One block of C. `strip` holds kDepth columns of packed B.
template <typename T>
void multiply_block(const Gemm<T>& g, const Panels& panels, const Block& block, const T* packed, T* strip) {
  constexpr int64_t width = kTileColumns<T>;
  for (int64_t p = 0; p < g.k; p += kDepth) {
    const int64_t depth = std::min(kDepth, g.k - p);
    const bool last = p + depth == g.k;
    pack_b(g.b, p, depth, block.column, block.columns, strip);
    for (int64_t j = 0; j < block.columns; j += width) {
      const int64_t columns = std::min(width, block.columns - j), column = block.column + j;
      for (int64_t panel = block.panel_begin; panel < block.panel_end; ++panel) {
        const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
        const Tile<T> tile = {depth,
                              packed + p * g.m + row * depth,
                              strip + j * depth,
                              g.c + row * g.c_row + column,
                              g.c_row,
                              columns,
                              last && g.bias != nullptr ? g.bias + column : nullptr,
                              last ? g.epilogue.from(row * g.c_row + column).added() : nullptr,
                              g.add || p > 0};
        tile_kernel<T>(static_cast<int>(rows), columns)(tile);
      }
    }
  }
  const int64_t row = panels.begin(block.panel_begin), rows = panels.begin(block.panel_end) - row;
  const int64_t at = row * g.c_row + block.column;
  finish_rows<T>(g.c + at, rows, block.columns, g.c_row, g.epilogue.from(at).rest());
}

// How C is cut into tasks: by the problem alone.
struct Grid {
  int64_t row_groups, strip, strips;
  template <typename T>
  static Grid of(const Gemm<T>& g) {
    constexpr int64_t width = kTileColumns<T>;
    Grid grid;
    grid.row_groups = ceil_div(g.m, kRowGroup);
    const int64_t wanted = ceil_div(g.n * grid.row_groups, kTasks);
    grid.strip = std::clamp(ceil_div(wanted, width) * width, 2 * width, std::max(kStrip, 2 * width));
    grid.strips = ceil_div(g.n, grid.strip);
    if (grid.row_groups * grid.strips < 4 && g.m >= 64) grid.row_groups = std::min<int64_t>(4, g.m / 32);
    return grid;
  }
};

template <typename T>
int64_t strip_elements(const Gemm<T>& g, int64_t strip) {
  return std::min(kDepth, g.k) * strip;
}

struct GemmScratch {};

template <typename T>
void parallel_gemm(const Gemm<T>& g) {
  const Grid grid = Grid::of(g);
  const Panels panels(g.m);
  const int64_t strip = strip_elements(g, grid.strip);
  const int64_t packed_size = ceil_div(g.m * g.k, 16) * 16;
  const int64_t tasks = grid.row_groups * grid.strips, slots = slots_for(tasks);
  T* packed = thread_scratch<GemmScratch>().array<T>(packed_size + strip * slots);
  T* strips = packed + packed_size;
  const int64_t grain = std::max<int64_t>(1, 32 * 1024 / std::max<int64_t>(1, g.k * kTileRows));
  parallel_for(panels.count, grain, [&](int64_t begin, int64_t end) { pack_rows(g, panels, begin, end, packed); });
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    const int64_t group = task / grid.strips, column = task % grid.strips * grid.strip;
    const Block block = {group * panels.count / grid.row_groups, (group + 1) * panels.count / grid.row_groups, column,
                         std::min(grid.strip, g.n - column)};
    multiply_block(g, panels, block, packed, strips + slot * strip);
  });
}

template <typename T>
void fill_bias(const Gemm<T>& g) {
  for (int64_t i = 0; i < g.m; ++i)
    for (int64_t j = 0; j < g.n; ++j) g.c[i * g.c_row + j] = g.bias == nullptr ? T(0) : g.bias[j];
  finish_rows(g.c, g.m, g.n, g.c_row, g.epilogue);
}

}  // namespace

template <typename T>
int64_t serial_gemm_scratch(int64_t m, int64_t k) {
  return ceil_div(m * k, 16) * 16 + std::min(kDepth, k) * kStrip;
}

template <typename T>
void serial_gemm(const Gemm<T>& g, T* scratch) {
  if (g.k == 0) return fill_bias(g);
  if (g.m == 0 || g.n == 0) return;
  const Panels panels(g.m);
  T* strip = scratch + ceil_div(g.m * g.k, 16) * 16;
  pack_rows(g, panels, 0, panels.count, scratch);
  for (int64_t column = 0; column < g.n; column += kStrip)
    multiply_block(g, panels, Block{0, panels.count, column, std::min(kStrip, g.n - column)}, scratch, strip);
}

template <typename T>
void gemm(const Gemm<T>& g) {
  if (g.k == 0) return fill_bias(g);
  if (g.m == 0 || g.n == 0) return;
  const int64_t products = g.m * g.k * std::max<int64_t>(g.n, kVectorLanes<T>);
  if (g.m <= kFewRows && g.c_row == g.n) return few_rows_gemm(g, products >= kSerialFew);
  if (products < kSerialProducts) return serial_gemm(g, thread_scratch<GemmScratch>().array<T>(serial_gemm_scratch<T>(g.m, g.k)));
  const int64_t rows = std::min(g.m, kPackedRows);
  const int64_t depth = std::max(kDepth, kPackedSize / rows / kDepth * kDepth);
  for (int64_t row = 0; row < g.m; row += rows) {
    for (int64_t p = 0; p < g.k; p += depth) {
      Gemm<T> part = g;
      part.m = std::min(rows, g.m - row);
      part.k = std::min(depth, g.k - p);
      part.a.data += row * g.a.row + p * g.a.column;
      part.b.data += p * g.b.row;
      part.c += row * g.c_row;
      part.add = p > 0;
      part.epilogue = g.epilogue.from(row * g.c_row);
      if (p + depth < g.k) part.bias = nullptr, part.epilogue = {};
      parallel_gemm(part);
    }
  }
}

template void gemm(const Gemm<float>&);
template void gemm(const Gemm<double>&);
template void serial_gemm(const Gemm<float>&, float*);
template void serial_gemm(const Gemm<double>&, double*);
template int64_t serial_gemm_scratch<float>(int64_t, int64_t);
template int64_t serial_gemm_scratch<double>(int64_t, int64_t);

}  // namespace hebb
