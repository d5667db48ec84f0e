// Products with a matrix that is used again and again: it is packed once. Every row of C is summed in one order, whatever rows
// come with it.
#pragma once

#include "cpu/gemm_pack_widened.h"
#include "cpu/parallel.h"

namespace hebb {

template <typename T>
class PackedMatrix {
 public:
  static constexpr int64_t kDepth = kVectorBytes < 64 ? 256 : 128;  // of a tile of B that stays in the first-level cache

  // Elements that `to` holds, for b [k, n].
  static int64_t size(int64_t k, int64_t n) { return k * padded(n); }

  // Packs b, of T or of bfloat16, on the threads of the team or on the calling thread alone. `to` is aligned to 64 bytes.
  template <typename From>
  PackedMatrix(const Matrix<From>& b, int64_t k, int64_t n, T* to, bool alone = false) : k_(k), tiles_(n), data_(to) {
    parallel_for(tiles_.count(), alone ? tiles_.count() : 2,
                 [&](int64_t begin, int64_t end) { pack_b(b, tiles_, begin, end, 0, k_, to + tiles_.packed(begin) * k_); });
  }

  int64_t columns() const { return tiles_.columns; }

  // c [m, n] = a [m, k] times this, or that added to c, on the calling thread. The rows of a are dense. A sum of more than
  // kDepth products has the same bits where it is made of several such calls, each for a multiple of kDepth.
  void multiply(const Matrix<T>& a, int64_t m, T* c, int64_t c_row, bool add = false) const {
    const Panels panels(m, tiles_.rows());
    for (int64_t tile = 0; tile < tiles_.count(); ++tile) {
      const int64_t column = tiles_.begin(tile), columns = tiles_.width(tile), width = tiles_.packed_width(tile);
      for (int64_t p = 0; p < k_; p += kDepth) {
        const T* b = data_ + tiles_.packed(tile) * k_ + p * width;
        for (int64_t panel = 0; panel < panels.count; ++panel) {
          const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
          tile_kernel<T, WalkRows>(rows, columns)({std::min(kDepth, k_ - p), a.data + row * a.row + p, a.row, b, width,
                                                   c + row * c_row + column, c_row, columns, nullptr, nullptr, add || p > 0});
        }
      }
    }
  }

 private:
  static int64_t padded(int64_t n) { return (n + kVectorLanes<T> - 1) / kVectorLanes<T> * kVectorLanes<T>; }

  int64_t k_;
  ColumnTiles<T> tiles_;
  const T* data_;
};

}  // namespace hebb
