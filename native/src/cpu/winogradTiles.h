// Tiles of images [n, h, w, c], transformed: for each of the 36 points a matrix [tiles, c].
#pragma once

#include <algorithm>

#include "cpu/dtype.h"
#include "cpu/winograd.h"

namespace hebb::winograd {

// 36 matrices; rows and planes are kept apart by odd numbers of cache lines, so that tiles of many channels do not share sets.
template <typename T>
struct Planes {
  T* data;
  int64_t row, plane;

  static int64_t row_for(int64_t columns) { return (columns + 15) / 16 * 16 + (columns % 256 == 0 ? 16 : 0); }
  static int64_t plane_for(int64_t rows, int64_t columns) { return (rows * row_for(columns) / 16 | 1) * 16; }
  static int64_t size(int64_t rows, int64_t columns) { return kPoints * plane_for(rows, columns); }
  static Planes of(T* data, int64_t rows, int64_t columns) { return {data, row_for(columns), plane_for(rows, columns)}; }

  T* at(int64_t point, int64_t row_index, int64_t column = 0) const { return data + point * plane + row_index * row + column; }
  Planes from(int64_t row_index, int64_t column = 0) const { return {at(0, row_index, column), row, plane}; }
};

// Where the tiles of an image begin: tile (i, j) at (side i - top, side j - left).
struct TileGrid {
  int64_t h, w, c;        // of an image
  int64_t rows, columns;  // tiles of an image
  int64_t top, left;
  int64_t side;
  int64_t per_image() const { return rows * columns; }
};

inline Lanes load_lanes(const float* from) { return load(from); }

typedef uint16_t HalfBits __attribute__((vector_size(2 * kVectorLanes<float>)));
typedef uint32_t LaneBits __attribute__((vector_size(4 * kVectorLanes<float>)));

inline Lanes load_lanes(const BFloat16* from) {
  HalfBits bits;
  std::memcpy(&bits, from, sizeof bits);
  return reinterpret_cast<Lanes>(__builtin_convertvector(bits, LaneBits) << 16);
}

inline void store_lanes(float* to, const Lanes& v) { store(to, v); }

// As math::float_to_bfloat16 rounds, in all lanes at once.
inline void store_lanes(BFloat16* to, const Lanes& v) {
  const LaneBits b = reinterpret_cast<LaneBits>(v);
  const LaneBits rounded = b + 0x7fff + ((b >> 16) & 1), quiet = b | 0x400000;
  const HalfBits bits = __builtin_convertvector((v == v ? rounded : quiet) >> 16, HalfBits);
  std::memcpy(to, &bits, sizeof bits);
}

// Some of the tiles of all images, in some of the channels.
struct TileRange {
  int64_t first, count, channel, channels;  // channels: a multiple of the lanes
};

// Tiles are zero outside of their images; `zeros` holds as many as the images have channels.
template <typename Transform, typename T>
void transform_tiles(const TileGrid& grid, const T* images, const TileRange& range, const T* zeros, const Planes<float>& to) {
  constexpr int side = Transform::kIn;
  for (int64_t tile = 0; tile < range.count; ++tile) {
    const int64_t index = range.first + tile, place = index % grid.per_image();
    const int64_t y0 = place / grid.columns * grid.side - grid.top, x0 = place % grid.columns * grid.side - grid.left;
    const T* image = images + index / grid.per_image() * grid.h * grid.w * grid.c;
    const T* pixels[side][side];
    for (int i = 0; i < side; ++i)
      for (int j = 0; j < side; ++j) {
        const int64_t y = y0 + i, x = x0 + j;
        const bool inside = y >= 0 && y < grid.h && x >= 0 && x < grid.w;
        pixels[i][j] = inside ? image + (y * grid.w + x) * grid.c + range.channel : zeros;
      }
    for (int64_t c = 0; c < range.channels; c += kVectorLanes<float>)
      transform<Transform>([&](int i, int j) { return load_lanes(pixels[i][j] + c); },
                           [&](int i, int j, const Lanes& v) { store(to.at(i * kInput + j, tile, c), v); });
  }
}

}  // namespace hebb::winograd
