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
  PackedMatrix(const Matrix<T>& b, int64_t k, int64_t n, T* to) : k_(k), n_(n), data_(to) {
    const int64_t panels = padded(n) / kWidth;
    parallel_for(panels, 4, [&](int64_t begin, int64_t end) {
      const int64_t column = begin * kWidth, columns = std::min(end * kWidth, n) - column;
      for (int64_t p = 0; p < k; p += kDepth) {
        const int64_t depth = std::min(kDepth, k - p);
        pack_b(b, p, depth, column, columns, to + p * padded(n) + column * depth);
      }
    });
  }

  // c [m, n] = a [m, k] times this, on the calling thread. `scratch` holds m * k elements.
  void multiply(const Matrix<T>& a, int64_t m, T* c, int64_t c_row, T* scratch) const {
    const Panels panels(m);
    for (int64_t p = 0; p < k_; p += kDepth) pack_a(a, panels, 0, panels.count, p, std::min(kDepth, k_ - p), scratch + p * m);
    for (int64_t column = 0; column < n_; column += kWidth) {
      const int64_t columns = std::min(kWidth, n_ - column);
      for (int64_t p = 0; p < k_; p += kDepth) {
        const int64_t depth = std::min(kDepth, k_ - p);
        const T* b = data_ + p * padded(n_) + column * depth;
        for (int64_t panel = 0; panel < panels.count; ++panel) {
          const int64_t row = panels.begin(panel), rows = panels.begin(panel + 1) - row;
          tile_kernel<T>(static_cast<int>(rows), columns)(
              {depth, scratch + p * m + row * depth, b, c + row * c_row + column, c_row, columns, nullptr, nullptr, p > 0});
        }
      }
    }
  }

 private:
  static constexpr int64_t kWidth = kTileColumns<T>;
  static constexpr int64_t kDepth = 256;  // a panel of B stays in the first-level cache
  static int64_t padded(int64_t n) { return (n + kWidth - 1) / kWidth * kWidth; }

  int64_t k_, n_;
  const T* data_;
};

}  // namespace hebb
