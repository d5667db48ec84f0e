// The gradient of filters by Winograd's minimal filtering: the transpose of the forward pass (cpu/winograd.h). For each
// point a product over tiles, gradients of the outputs times inputs, in blocks of filters and channels; every sum is in the order
// of the tiles, however the work is shared out.
#include <algorithm>

#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "cpu/winogradProduct.h"
#include "cpu/winogradTiles.h"
#include "ops/conv2dWinograd.h"

namespace hebb {
namespace {

using namespace winograd;

constexpr int64_t kBlock = 64;  // filters, and channels, of a block
constexpr int64_t kBlockSize = kPoints * kBlock * kBlock;
constexpr int64_t kChunkBytes = int64_t{8} << 20;  // points of the tiles that are multiplied at a time
constexpr int64_t kGroups = 4;                     // that the points are cut into where there are few blocks

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Channels of images, in panels: [panel][point][tile][width].
struct PanelPoints {
  float* data;
  int64_t width, tiles;

  static int64_t size(int64_t channels, int64_t width, int64_t tiles) {
    return ceil_div(channels, width) * Planes<float>::size(tiles, width);
  }
  Planes<float> panel(int64_t index) const {
    return Planes<float>::of(data + index * Planes<float>::size(tiles, width), tiles, width);
  }
};

template <typename T>
struct Problem {
  int64_t c, k, tiles;
  TileGrid inputs, gradients;
  const T *x, *g, *zeros;
  float* dw;
  int taps;  // of a filter along a side

  int64_t row_blocks() const { return ceil_div(k, kBlock); }
  int64_t blocks() const { return row_blocks() * ceil_div(c, kBlock); }
};

template <typename T>
Problem<T> problem_of(const ConvShape& s, const T* x, const T* g, const T* zeros, float* dw) {
  const int taps = static_cast<int>(s.kh);
  const int64_t side = tile_of(taps), rows = ceil_div(s.oh, side), columns = ceil_div(s.ow, side);
  const TileGrid inputs = {s.h, s.w, s.c, rows, columns, s.pad_top, s.pad_left, side};
  return {s.c, s.k, s.n * rows * columns, inputs, {s.oh, s.ow, s.k, rows, columns, 0, 0, side}, x, g, zeros, dw, taps};
}

// The tiles [first, first + count) of inputs and gradients.
template <typename T>
void transform_chunk(const Problem<T>& p, int64_t first, int64_t count, const PanelPoints& inputs, const PanelPoints& gradients) {
  constexpr int64_t group = 32;
  const int64_t groups = ceil_div(count, group), input_panels = ceil_div(p.c, inputs.width);
  const int64_t panels = input_panels + ceil_div(p.k, gradients.width);
  parallel_for(panels * groups, 1, [&](int64_t task, int64_t) {
    const int64_t panel = task % panels, from = task / panels * group, tiles = std::min(group, count - from);
    const auto range = [&](int64_t index, int64_t width, int64_t channels) {
      return TileRange{first + from, tiles, index * width, std::min(width, channels - index * width)};
    };
    if (panel < input_panels)
      return transform_tiles<FromInput>(p.inputs, p.x, range(panel, inputs.width, p.c), p.zeros, inputs.panel(panel).from(from));
    const int64_t index = panel - input_panels;
    with_taps(p.taps, [&](auto taps) {
      transform_tiles<FromOutputGrad<taps.value>>(p.gradients, p.g, range(index, gradients.width, p.k), p.zeros,
                                                  gradients.panel(index).from(from));
    });
  });
}

struct Block {
  int64_t row, rows, column, columns;
  template <typename T>
  static Block of(const Problem<T>& p, int64_t index) {
    const int64_t row = index % p.row_blocks() * kBlock, column = index / p.row_blocks() * kBlock;
    return {row, std::min(kBlock, p.k - row), column, std::min(kBlock, p.c - column)};
  }
};

// sums [point][kBlock][kBlock] (+)= gradients^T inputs, for the points [begin, end).
void multiply_block(const Block& b, int64_t begin, int64_t end, int64_t count, const PanelPoints& inputs,
                    const PanelPoints& gradients, float* sums, bool add) {
  const Planes<float> left = gradients.panel(b.row / kBlock);
  for (int64_t point = begin; point < end; ++point)
    for (int64_t column = 0; column < b.columns; column += kPanel) {
      const Planes<float> right = inputs.panel((b.column + column) / kPanel);
      multiply<WalkColumns>({b.rows, std::min(kPanel, b.columns - column), count, left.at(point, 0), left.row, right.at(point, 0),
                             right.row, sums + point * kBlock * kBlock + column, kBlock, add});
    }
}

template <int Taps, typename T>
void write_block(const Problem<T>& p, const Block& b, const float* sums) {
  for (int64_t k = 0; k < b.rows; ++k)
    for (int64_t c = 0; c < b.columns; c += kVectorLanes<float>) {
      float* to = p.dw + (b.row + k) * Taps * Taps * p.c + b.column + c;
      const float* from = sums + k * kBlock + c;
      transform<ToFilterGrad<Taps>>([&](int i, int j) { return load(from + (i * kInput + j) * kBlock * kBlock); },
                                    [&](int i, int j, const Lanes& v) { store(to + (i * Taps + j) * p.c, v); });
    }
}

template <typename T>
void write_block(const Problem<T>& p, const Block& b, const float* sums) {
  with_taps(p.taps, [&](auto taps) { write_block<taps.value>(p, b, sums); });
}

struct PointScratch {};
struct SumScratch {};
struct ZeroScratch {};

}  // namespace

template <typename T>
void conv2d_winograd_gradient(const ConvShape& s, const T* x, const T* g, float* dw) {
  T* zeros = thread_scratch<ZeroScratch>().array<T>(std::max(s.c, s.k));
  std::fill_n(zeros, std::max(s.c, s.k), T(0.0f));
  const Problem<T> p = problem_of<T>(s, x, g, zeros, dw);
  const int64_t chunks = ceil_div(p.tiles * (p.c + p.k) * kPoints * 4, kChunkBytes), chunk = ceil_div(p.tiles, chunks);
  const int64_t blocks = p.blocks();
  const int64_t inputs_size = PanelPoints::size(p.c, kPanel, chunk), gradients_size = PanelPoints::size(p.k, kBlock, chunk);
  float* points = thread_scratch<PointScratch>().array<float>(inputs_size + gradients_size);
  const PanelPoints inputs = {points, kPanel, chunk}, gradients = {points + inputs_size, kBlock, chunk};
  // Where a block's sums are done at once they need not leave the cache.
  if (chunks == 1 && blocks >= 2 * kGroups) {
    transform_chunk(p, 0, p.tiles, inputs, gradients);
    const int64_t slots = slots_for(blocks);
    float* own = thread_scratch<SumScratch>().array<float>(slots * kBlockSize);
    return for_tasks(blocks, slots, [&](int64_t index, int64_t slot) {
      float* sums = own + slot * kBlockSize;
      const Block block = Block::of(p, index);
      multiply_block(block, 0, kPoints, p.tiles, inputs, gradients, sums, false);
      write_block(p, block, sums);
    });
  }
  float* sums = thread_scratch<SumScratch>().array<float>(blocks * kBlockSize);
  for (int64_t first = 0; first < p.tiles; first += chunk) {
    const int64_t count = std::min(chunk, p.tiles - first);
    transform_chunk(p, first, count, inputs, gradients);
    parallel_for(blocks * kGroups, 1, [&](int64_t task, int64_t) {
      const int64_t index = task / kGroups, group = task % kGroups;
      multiply_block(Block::of(p, index), group * kPoints / kGroups, (group + 1) * kPoints / kGroups, count, inputs, gradients,
                     sums + index * kBlockSize, first > 0);
    });
  }
  parallel_for(blocks, 1, [&](int64_t index, int64_t) { write_block(p, Block::of(p, index), sums + index * kBlockSize); });
}

template void conv2d_winograd_gradient(const ConvShape&, const float*, const float*, float*);
template void conv2d_winograd_gradient(const ConvShape&, const BFloat16*, const BFloat16*, float*);

}  // namespace hebb
