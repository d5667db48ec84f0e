// conv2d and its image gradient by Winograd's minimal filtering (cpu/winograd.h). Points of a block of tiles, and of the filters
// of a panel of channels, stay in the second-level cache: what takes fewer reads of the other is kept, and the other goes past
// it.
#include "ops/conv2dWinograd.h"

#include <algorithm>

#include "cpu/gemm_pack.h"
#include "cpu/packedFilter.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "cpu/winogradProduct.h"
#include "cpu/winogradTiles.h"

namespace hebb {
namespace {

using namespace winograd;

constexpr int kLanes = kVectorLanes<float>;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Images that are read, [n, h, w, c], and made, [n, oh, ow, k]: x and y of the forward pass, y and x of the gradient.
template <typename T>
struct Problem {
  int64_t n, oh, ow, k;
  TileGrid grid;
  const T *in, *filters;
  T* out;
  const T* bias;
  Epilogue<T> epilogue;
  bool gradient;
  int taps;                       // of a filter along a side
  const T* zeros = nullptr;       // as many as `in` has channels
  const float* packed = nullptr;  // all points of the filters, or null

  int64_t c() const { return grid.c; }
  int64_t tiles() const { return n * grid.per_image(); }
  int64_t panels() const { return ceil_div(k, kPanel); }
};

template <typename T>
Problem<T> problem_of(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  const int taps = static_cast<int>(s.kh);
  const int64_t side = tile_of(taps), reach = taps - 1;
  const auto grid = [&](int64_t h, int64_t w, int64_t c, int64_t oh, int64_t ow, int64_t top, int64_t left) {
    return TileGrid{h, w, c, ceil_div(oh, side), ceil_div(ow, side), top, left, side};
  };
  if (pass == ConvPass::kForward)
    return {s.n,    s.oh,       s.ow,  s.k, grid(s.h, s.w, s.c, s.oh, s.ow, s.pad_top, s.pad_left), d.x, d.w, d.y,
            d.bias, d.epilogue, false, taps};
  return {s.n,     s.h, s.w,  s.c, grid(s.oh, s.ow, s.k, s.h, s.w, reach - s.pad_top, reach - s.pad_left), d.y, d.w, d.x,
          nullptr, {},  true, taps};
}

// Points of the filters from channel `column` of the output on, for input channels [first, first + depth): [point][depth][panel].
// Forward filters [K, taps, C] have the channels of the input side by side and are turned around on the way.
template <int Taps, typename T>
void forward_filters(const Problem<T>& p, int64_t column, int64_t columns, int64_t first, int64_t depth, float* to,
                     int64_t plane) {
  constexpr int all = Taps * Taps;
  alignas(64) float taps[all][kLanes][kLanes], lines[kLanes][kLanes];
  for (int64_t k = 0; k < columns; k += kLanes)
    for (int64_t c = 0; c < depth; c += kLanes) {
      for (int tap = 0; tap < all; ++tap) {
        for (int i = 0; i < kLanes; ++i)
          store(lines[i], load_lanes(p.filters + ((column + k + i) * all + tap) * p.c() + first + c));
        for (int i = 0; i < kLanes; i += 4)
          for (int j = 0; j < kLanes; j += 4) transpose4(&lines[i][j], kLanes, &taps[tap][j][i], kLanes);
      }
      for (int i = 0; i < kLanes; ++i)
        transform<FromFilter<Taps>>(
            [&](int y, int x) { return load(taps[y * Taps + x][i]); },
            [&](int y, int x, const Lanes& v) { store(to + (y * kInput + x) * plane + (c + i) * kPanel + k, v); });
    }
}

// The gradient's filters are those rotated by half a turn, with the channels of its output side by side.
template <int Taps, typename T>
void gradient_filters(const Problem<T>& p, int64_t column, int64_t columns, int64_t first, int64_t depth, float* to,
                      int64_t plane) {
  for (int64_t c = 0; c < depth; ++c)
    for (int64_t k = 0; k < columns; k += kLanes) {
      const T* filter = p.filters + (first + c) * Taps * Taps * p.k + column + k;
      transform<FromFilter<Taps>>(
          [&](int y, int x) { return load_lanes(filter + (Taps * Taps - 1 - y * Taps - x) * p.k); },
          [&](int y, int x, const Lanes& v) { store(to + (y * kInput + x) * plane + c * kPanel + k, v); });
    }
}

// A panel of filters: [point][c][kPanel], planes apart as those of tiles are.
int64_t panel_plane(int64_t c) { return c * kPanel + 16; }
int64_t panel_size(int64_t c) { return kPoints * panel_plane(c); }

template <typename T>
void transform_filters(const Problem<T>& p, int64_t panel, int64_t first, int64_t depth, float* to) {
  const int64_t column = panel * kPanel, columns = std::min(kPanel, p.k - column);
  float* at = to + first * kPanel;
  with_taps(p.taps, [&](auto taps) {
    if (p.gradient) return gradient_filters<taps.value>(p, column, columns, first, depth, at, panel_plane(p.c()));
    forward_filters<taps.value>(p, column, columns, first, depth, at, panel_plane(p.c()));
  });
}

// The outputs of a tile in one panel of channels.
template <int Taps, typename T>
void write_tile(const Problem<T>& p, int64_t tile, int64_t column, int64_t columns, const Planes<float>& points, int64_t row) {
  constexpr int64_t side = tile_of(Taps);
  const TileGrid& g = p.grid;
  const int64_t place = tile % g.per_image(), y0 = place / g.columns * side, x0 = place % g.columns * side;
  const int64_t rows = std::min(side, p.oh - y0), wide = std::min(side, p.ow - x0);
  const int64_t at = ((tile / g.per_image() * p.oh + y0) * p.ow + x0) * p.k + column;
  for (int64_t k = 0; k < columns; k += kLanes) {
    const Lanes bias = p.bias == nullptr ? Lanes{} : load_lanes(p.bias + column + k);
    T* out = p.out + at + k;
    const auto from = [&](int i, int j) { return load(points.at(i * kInput + j, row, k)); };
    if (rows == side && wide == side)
      transform<ToOutput<Taps>>(from, [&](int i, int j, const Lanes& v) { store_lanes(out + (i * p.ow + j) * p.k, v + bias); });
    else
      transform<ToOutput<Taps>>(from, [&](int i, int j, const Lanes& v) {
        if (i < rows && j < wide) store_lanes(out + (i * p.ow + j) * p.k, v + bias);
      });
  }
  if (p.epilogue.empty()) return;
  for (int64_t i = 0; i < rows; ++i)
    finish_rows(p.out + at + i * p.ow * p.k, wide, columns, p.k, p.epilogue.from(at + i * p.ow * p.k));
}

struct Range {
  int64_t first, count;
};

// Some tiles in one panel of channels; `own` holds their points.
template <typename T>
void make_panel(const Problem<T>& p, int64_t panel, const Range& range, const Planes<float>& tiles, const float* filters,
                float* own) {
  const int64_t column = panel * kPanel, columns = std::min(kPanel, p.k - column);
  const auto points = Planes<float>::of(own, range.count, kPanel);
  for (int64_t point = 0; point < kPoints; ++point)
    multiply<WalkRows>({range.count, columns, p.c(), tiles.at(point, 0), tiles.row, filters + point * panel_plane(p.c()), kPanel,
                        points.at(point, 0), points.row, false});
  with_taps(p.taps, [&](auto taps) {
    for (int64_t tile = 0; tile < range.count; ++tile)
      write_tile<taps.value>(p, range.first + tile, column, columns, points, tile);
  });
}

struct FilterScratch {};
struct TileScratch {};
struct OwnScratch {};
struct ZeroScratch {};

constexpr int64_t kCached = int64_t{512} << 10;     // bytes that stay in the second-level cache
constexpr int64_t kChunkBytes = int64_t{16} << 20;  // and in the last
constexpr int64_t kFewChannels = 192;

// Tiles whose points of `channels` channels take that much, in whole groups of rows.
int64_t block_tiles(int64_t channels, int64_t tiles) {
  const int64_t fit = kCached / (kPoints * 4 * channels);
  return std::min(tiles, std::max<int64_t>(1, fit / kTileRows) * kTileRows);
}

// All panels of filters, one after the other, on the team.
template <typename T>
void transform_all_filters(const Problem<T>& p, float* to) {
  constexpr int64_t strip = 64;
  const int64_t strips = ceil_div(p.c(), strip);
  parallel_for(p.panels() * strips, 1, [&](int64_t task, int64_t) {
    const int64_t panel = task / strips, first = task % strips * strip;
    transform_filters(p, panel, first, std::min(strip, p.c() - first), to + panel * panel_size(p.c()));
  });
}

template <typename T>
const float* all_filters(const Problem<T>& p) {
  if (p.packed != nullptr) return p.packed;
  float* filters = thread_scratch<FilterScratch>().array<float>(p.panels() * panel_size(p.c()));
  transform_all_filters(p, filters);
  return filters;
}

// Few channels: block after block of tiles, still in the cache, meets all filters.
template <typename T>
void tiles_outside(const Problem<T>& p) {
  const int64_t c = p.c();
  const float* filters = all_filters(p);
  const int64_t block = block_tiles(c, p.tiles()), blocks = ceil_div(p.tiles(), block), slots = slots_for(blocks);
  const int64_t tiles_size = Planes<float>::size(block, c), own_size = tiles_size + Planes<float>::size(block, kPanel);
  float* own = thread_scratch<OwnScratch>().array<float>(own_size * slots);
  for_tasks(blocks, slots, [&](int64_t task, int64_t slot) {
    const int64_t first = task * p.tiles() / blocks, count = (task + 1) * p.tiles() / blocks - first;
    const auto tiles = Planes<float>::of(own + slot * own_size, block, c);
    transform_tiles<FromInput>(p.grid, p.in, {first, count, 0, c}, p.zeros, tiles);
    for (int64_t panel = 0; panel < p.panels(); ++panel)
      make_panel(p, panel, {first, count}, tiles, filters + panel * panel_size(c), tiles.data + tiles_size);
  });
}

// The tiles of a chunk, on the team.
template <typename T>
void transform_chunk(const Problem<T>& p, const Range& chunk, const Planes<float>& tiles) {
  constexpr int64_t group = 8;
  parallel_for(ceil_div(chunk.count, group), 1, [&](int64_t task, int64_t) {
    const int64_t at = task * group, count = std::min(group, chunk.count - at);
    transform_tiles<FromInput>(p.grid, p.in, {chunk.first + at, count, 0, p.c()}, p.zeros, tiles.from(at));
  });
}

// Many channels: panel after panel of filters, still in the cache, meets the tiles of a chunk. Where there are several chunks,
// the filters are transformed before.
template <typename T>
void filters_outside(const Problem<T>& p) {
  const int64_t c = p.c(), chunks = ceil_div(p.tiles() * c * kPoints * 4, kChunkBytes), most = ceil_div(p.tiles(), chunks);
  const float* filters = chunks > 1 || p.packed != nullptr ? all_filters(p) : nullptr;
  const auto tiles = Planes<float>::of(thread_scratch<TileScratch>().array<float>(Planes<float>::size(most, c)), most, c);
  const int64_t slots = slots_for(p.panels()), block = block_tiles(kPanel, most), own_filters = filters ? 0 : panel_size(c);
  const int64_t own_size = own_filters + Planes<float>::size(block, kPanel);
  float* own = thread_scratch<OwnScratch>().array<float>(own_size * slots);
  for (int64_t done = 0; done < p.tiles(); done += most) {
    const Range chunk = {done, std::min(most, p.tiles() - done)};
    transform_chunk(p, chunk, tiles);
    for_tasks(p.panels(), slots, [&](int64_t panel, int64_t slot) {
      float* memory = own + slot * own_size;
      if (filters == nullptr) transform_filters(p, panel, 0, c, memory);
      const float* at = filters == nullptr ? memory : filters + panel * panel_size(c);
      for (int64_t i = 0; i < chunk.count; i += block)
        make_panel(p, panel, {chunk.first + i, std::min(block, chunk.count - i)}, tiles.from(i), at, memory + own_filters);
    });
  }
}

PackedHeader packed_header(const ConvShape& s) {
  const uint64_t layout = static_cast<uint64_t>(s.c) << 33 | static_cast<uint64_t>(s.k) << 1;
  return {layout, static_cast<uint64_t>(ceil_div(s.k, kPanel) * panel_size(s.c)) * sizeof(float), {static_cast<uint64_t>(s.kh)}};
}

}  // namespace

bool winograd_fits(const ConvShape& s) {
  return (s.kh == 3 || s.kh == 5) && s.kw == s.kh && s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 &&
         s.dilation_w == 1 && s.groups == 1 && s.c % 16 == 0 && s.k % 16 == 0;
}

template <typename T>
void conv2d_winograd(const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  if (pass == ConvPass::kFilterGrad) return conv2d_winograd_gradient(s, d.x, d.y, reinterpret_cast<float*>(d.w));
  T* zeros = thread_scratch<ZeroScratch>().array<T>(std::max(s.c, s.k));
  std::fill_n(zeros, std::max(s.c, s.k), T(0.0f));
  Problem<T> p = problem_of(s, pass, d);
  p.zeros = zeros;
  p.packed = reinterpret_cast<const float*>(packed_filters(d.packed, packed_header(s)));
  if (p.c() <= kFewChannels)
    tiles_outside(p);
  else
    filters_outside(p);
}

template <typename T>
bool winograd_pack_filter(const ConvShape& s, const T* w, const View& packed) {
  const PackedHeader header = packed_header(s);
  if (!has_room(packed, header)) return false;
  std::memcpy(packed.data, &header, sizeof header);
  ConvData<T> d = {nullptr, const_cast<T*>(w), nullptr, nullptr};
  transform_all_filters(problem_of(s, ConvPass::kForward, d), reinterpret_cast<float*>(behind_header(packed)));
  return true;
}

template void conv2d_winograd(const ConvShape&, ConvPass, const ConvData<float>&);
template void conv2d_winograd(const ConvShape&, ConvPass, const ConvData<BFloat16>&);
template bool winograd_pack_filter(const ConvShape&, const float*, const View&);
template bool winograd_pack_filter(const ConvShape&, const BFloat16*, const View&);

}  // namespace hebb
