// Products with a matrix that is used again and again: it is packed once. Every row of C is summed in one order, whatever rows
// come with it.
#pragma once

#include "cpu/gemm_pack.h"
#include "cpu/parallel.h"

namespace hebb {

template <typename T>
class PackedMatrix {
 public:
  // Elements that `to` holds, for b [k, n].
  static int64_t size(int64_t k, int64_t n) { return k * padded(n); }

  // Packs on the threads of the team. `to` is aligned to 64 bytes.
  PackedMatrix(const Matrix<T>& b, int64_t k, int64_t n, T* to) : k_(k), tiles_(n), data_(to) {
    parallel_for(tiles_.count(), 2, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) pack_b(b, tiles_, tile, tile + 1, 0, k, to + tiles_.packed(tile) * k);
    });
  }

  // c [m, n] = a [m, k] times this, on the calling thread. The rows of a are dense.
  void multiply(const Matrix<T>& a, int64_t m, T* c, int64_t c_row) const {
    const Panels panels(m, tiles_.rows());
    for (int64_t tile = 0; tile < tiles_.count(); ++tile) {
      const int64_t column = tiles_.begin(tile), columns = tiles_.width(tile), width = tiles_.packed_width(tile);
      for (int64_t p = 0; p < k_; p += kDepth) {
        const T* b = data_ + tiles_.packed(tile) * k_ + p * width;
        for (int64_t panel = 0; panel < panels.count; ++panel) {
          const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
          tile_kernel<T, WalkRows>(rows, columns)({std::min(kDepth, k_ - p), a.data + row * a.row + p, a.row, b, width,
                                                   c + row * c_row + column, c_row, columns, nullptr, nullptr, p > 0});
        }
      }
    }
  }

 private:
  static constexpr int64_t kDepth = 128;  // of a tile of B that stays in the first-level cache
  static int64_t padded(int64_t n) { return (n + kVectorLanes<T> - 1) / kVectorLanes<T> * kVectorLanes<T>; }

  int64_t k_;
  ColumnTiles<T> tiles_;
  const T* data_;
};

}  // namespace hebb
