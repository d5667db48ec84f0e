// Blocked matrix products (K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008), which pack
// an operand only where it is read often enough to repay that.
#include "cpu/gemm.h"

#include <atomic>

#include "cpu/gemm_pack.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"

namespace hebb {
namespace {

constexpr int64_t kDepth = 256;  // of a panel of A, which stays in the first-level cache
#if defined(__AVX512F__)
constexpr bool kTilesStay = false;   // a tile of B is larger than the first-level cache
constexpr int64_t kStripTiles = 8;   // tiles of columns of B, as deep as that, which stay in the second-level cache
constexpr int64_t kPackRight = 512;  // rows of a part that repay packing B
constexpr int64_t kPackEach = 512;   // and packing all of it in every part
constexpr int64_t kPackWider = 0;    // bytes of rows of B, which are read best as they lie up to that
constexpr int64_t kNarrowStrips = 2;
#else
constexpr bool kTilesStay = true;  // in the first-level cache, a tile of B, while panels of A pass
constexpr int64_t kStripTiles = 16;
// A row of a tile is one line: a column of them, unpacked, is at home in a few sets of the cache.
constexpr int64_t kPackRight = 32;
constexpr int64_t kPackEach = 256;
constexpr int64_t kPackWider = 512;
constexpr int64_t kNarrowStrips = 1;
#endif
constexpr int64_t kPanelsAtATime = kTilesStay ? 16 : 8;  // of A, packed
constexpr int64_t kPackLeft = 4;                         // tiles of columns of B that repay packing A
constexpr int64_t kUncached = 1 << 20;  // elements of B, of rows longer than a page, that are read best along these: packing does
constexpr int64_t kPage = 4096;
constexpr int64_t kPastCaches = int64_t{256} << 20;  // bytes of C; the last cache of a server holds some hundred
constexpr int64_t kPartProducts = 1 << 18;
constexpr int64_t kSerialFew = 1 << 17;  // few rows: reading B, 512 KiB, is what takes the time

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How C is cut up and operands are read. No choice changes a sum.
template <typename T>
struct Plan {
  ColumnTiles<T> tiles;
  bool pack_left, pack_right;
  bool past;              // C is too large for the caches, written once and not read again
  Panels panels, strips;  // of rows; of tiles

  Plan(const Gemm<T>& g, int64_t parts)
      : tiles(g.n),
        pack_left(g.a.column != 1 && tiles.count() >= kPackLeft),
        pack_right(g.b.column != 1 || (g.m >= kPackRight * parts && (pack_left || g.n * kSize > kPackWider)) ||
                   (g.k * g.n >= kUncached && g.n * kSize > kPage)),
        past(g.m * g.n * kSize >= kPastCaches && g.k <= kDepth && !g.add && g.epilogue.empty() &&
             g.c_row * kSize % kVectorBytes == 0 && reinterpret_cast<uintptr_t>(g.c) % kVectorBytes == 0),
        panels(g.m, tiles.rows()),
        strips(tiles.count(), strip_tiles(g, parts)) {}

  static constexpr int64_t kSize = sizeof(T);
  static bool many_rows(const Gemm<T>& g, int64_t parts) { return g.m >= kPackEach * parts; }

  // Parts that share a strip pack it each: where that is not repaid, strips are narrow, `kNarrowStrips` for each part.
  int64_t strip_tiles(const Gemm<T>& g, int64_t parts) const {
    const bool narrow = parts > 1 && pack_right && !pack_left && !many_rows(g, parts);
    return narrow ? std::clamp<int64_t>(tiles.count() / (kNarrowStrips * parts), 1, most_tiles(g.k)) : most_tiles(g.k);
  }
  // Of a strip: more where sums are short, since then C is written along longer rows.
  static int64_t most_tiles(int64_t k) { return kStripTiles * (kDepth / std::min(kDepth, k)); }

  // The first tile from `tile` on of those before `end` that is packed: unpacked, only whole vectors can be read.
  int64_t first_packed(int64_t tile, int64_t end) const {
    if (pack_right) return tile;
    return tiles.width(end - 1) == tiles.packed_width(end - 1) ? end : end - 1;
  }
};

// Packed operands of a part.
template <typename T>
struct Space {
  T *left, *right;
  static constexpr int64_t left_size(int64_t depth) { return depth * kPanelsAtATime * tile_rows(1); }
  static constexpr int64_t size(int64_t k) {
    const int64_t depth = std::min(kDepth, k);
    return ceil_div(left_size(depth) + depth * Plan<T>::most_tiles(k) * kTileColumns<T>, 16) * 16;
  }
  static Space at(T* base, int64_t k) { return {base, base + ceil_div(left_size(std::min(kDepth, k)), 16) * 16}; }
};

struct Block {
  int64_t panel_begin, panel_end, tile_begin, tile_end;
};

// body(panel, tile) for all of a block: what stays in the first-level cache meets all of what passes.
template <typename Body>
void for_panels_and_tiles(const Block& b, const Body& body) {
  if constexpr (kTilesStay) {
    for (int64_t tile = b.tile_begin; tile < b.tile_end; ++tile)
      for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel) body(panel, tile);
  } else {
    for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel)
      for (int64_t tile = b.tile_begin; tile < b.tile_end; ++tile) body(panel, tile);
  }
}

// One depth, from `p` on, of one block of C, some panels of A at a time. Of B, `space` holds what is to be packed.
template <typename T, template <typename, int> typename Walk>
void multiply_depth(const Gemm<T>& g, const Plan<T>& plan, const Block& block, int64_t p, const Space<T>& space) {
  const int64_t depth = std::min(kDepth, g.k - p), first_packed = plan.first_packed(block.tile_begin, block.tile_end);
  const bool last = p + depth == g.k;
  for (int64_t first = block.panel_begin, end = first; first < block.panel_end; first = end) {
    end = std::min(first + kPanelsAtATime, block.panel_end);
    if (plan.pack_left) pack_a(g.a, plan.panels, first, end, p, depth, space.left);
    for_panels_and_tiles({first, end, block.tile_begin, block.tile_end}, [&](int64_t panel, int64_t j) {
      const int64_t row = plan.panels.begin(panel), rows = plan.panels.begin(panel + 1) - row;
      const int64_t column = plan.tiles.begin(j), at = row * g.c_row + column;
      const bool in_place = j < first_packed;
      Tile<T> tile{};
      tile.k = depth;
      tile.a = plan.pack_left ? space.left + (row - plan.panels.begin(first)) * depth : g.a.data + row * g.a.row + p * g.a.column;
      tile.a_step = plan.pack_left ? rows : g.a.row + g.a.column - 1;
      tile.b = in_place ? g.b.data + p * g.b.row + column
                        : space.right + (plan.tiles.packed(j) - plan.tiles.packed(first_packed)) * depth;
      tile.b_row = in_place ? g.b.row : plan.tiles.packed_width(j);
      tile.c = g.c + at;
      tile.c_row = g.c_row;
      tile.columns = plan.tiles.width(j);
      tile.bias = last && g.bias != nullptr ? g.bias + column : nullptr;
      tile.residual = last ? g.epilogue.from(at).added() : nullptr;
      tile.add = g.add || p > 0;
      tile.past = plan.past && tile.columns == plan.tiles.packed_width(j);
      tile.ahead = in_place || (g.a.column != 1 && !plan.pack_left);
      tile_kernel<T, Walk>(rows, tile.columns)(tile);
    });
  }
}

template <typename T>
void multiply_block(const Gemm<T>& g, const Plan<T>& plan, const Block& block, const Space<T>& space) {
  const int64_t first_packed = plan.first_packed(block.tile_begin, block.tile_end);
  for (int64_t p = 0; p < g.k; p += kDepth) {
    pack_b(g.b, plan.tiles, first_packed, block.tile_end, p, std::min(kDepth, g.k - p), space.right);
    if (g.a.column == 1)
      multiply_depth<T, WalkRows>(g, plan, block, p, space);
    else
      multiply_depth<T, WalkColumns>(g, plan, block, p, space);
  }
  const int64_t row = plan.panels.begin(block.panel_begin), rows = plan.panels.begin(block.panel_end) - row;
  const int64_t column = plan.tiles.begin(block.tile_begin), at = row * g.c_row + column;
  finish_rows<T>(g.c + at, rows, plan.tiles.begin(block.tile_end) - column, g.c_row, g.epilogue.from(at).rest());
  // What went past the caches, before other threads are told that it is there.
  if (plan.past) std::atomic_thread_fence(std::memory_order_seq_cst);
}

// One of `parts` parts, each of as many tiles: of every strip some panels, possibly none.
template <typename T>
void multiply_part(const Gemm<T>& g, const Plan<T>& plan, int64_t part, int64_t parts, const Space<T>& space) {
  const int64_t panels = plan.panels.count, all = panels * plan.tiles.count();
  const int64_t begin = part * all / parts, end = (part + 1) * all / parts;
  for (int64_t s = 0; s < plan.strips.count; ++s) {
    const int64_t first = plan.strips.begin(s), last = plan.strips.begin(s + 1);
    const auto panel = [&](int64_t at) {
      return std::clamp<int64_t>(ceil_div(std::max<int64_t>(0, at - first * panels), last - first), 0, panels);
    };
    const Block block = {panel(begin), panel(end), first, last};
    if (block.panel_begin < block.panel_end) multiply_block(g, plan, block, space);
  }
}

struct GemmScratch {};

template <typename T>
void fill_bias(const Gemm<T>& g) {
  for (int64_t i = 0; i < g.m; ++i)
    for (int64_t j = 0; j < g.n; ++j) g.c[i * g.c_row + j] = g.bias == nullptr ? T(0) : g.bias[j];
  finish_rows(g.c, g.m, g.n, g.c_row, g.epilogue);
}

}  // namespace

template <typename T>
int64_t serial_gemm_scratch(int64_t k) {
  return Space<T>::size(k);
}

template <typename T>
void serial_gemm(const Gemm<T>& g, T* scratch) {
  if (g.k == 0) return fill_bias(g);
  if (g.m == 0 || g.n == 0) return;
  multiply_part(g, Plan<T>(g, 1), 0, 1, Space<T>::at(scratch, g.k));
}

template <typename T>
void gemm(const Gemm<T>& g) {
  if (g.k == 0) return fill_bias(g);
  if (g.m == 0 || g.n == 0) return;
  const int64_t products = g.m * g.k * std::max<int64_t>(g.n, kVectorLanes<T>);
  if (g.m <= kFewRows && g.c_row == g.n) return few_rows_gemm(g, products >= kSerialFew);
  const int64_t parts = std::clamp<int64_t>(products / kPartProducts, 1, thread_count()), size = Space<T>::size(g.k);
  const Plan<T> plan(g, parts);
  T* scratch = thread_scratch<GemmScratch>().array<T>(size * parts);
  parallel_for(parts, 1,
               [&](int64_t part, int64_t) { multiply_part(g, plan, part, parts, Space<T>::at(scratch + part * size, g.k)); });
}

template void gemm(const Gemm<float>&);
template void gemm(const Gemm<double>&);
template void serial_gemm(const Gemm<float>&, float*);
template void serial_gemm(const Gemm<double>&, double*);
template int64_t serial_gemm_scratch<float>(int64_t);
template int64_t serial_gemm_scratch<double>(int64_t);

}  // namespace hebb
