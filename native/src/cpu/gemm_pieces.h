// c = aᵀ b in float32, of two operands whose rows belong together: one is whole (and widened whole from 16 bits), the other comes
// a piece of its columns at a time, as it may be nowhere in memory.
#pragma once

#include <algorithm>

#include "cpu/gemm.h"
#include "cpu/map.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {

// Rows, or columns, of a piece, at least: the operand that is whole is packed again for each piece of columns.
constexpr int64_t kPieceRows = 96, kPieceColumns = 256;

template <typename E>
struct PiecedProduct {
  const E* whole;
  int64_t k, across;  // of `whole` [k, across]
  int64_t c_row;
  bool by_rows;  // pieces are of a, and make rows of c; or of b, and make columns
  float* c;
};

struct PieceScratch {};

// Piece i makes the rows or columns [begin(i), begin(i + 1)) of c, `most` at most; part(i, first, rows, to) puts rows [first,
// first + rows) of it into dense float32.
template <typename E, typename Begin, typename Part>
void multiply_pieces(const PiecedProduct<E>& p, int64_t count, int64_t most, const Begin& begin, const Part& part) {
  constexpr int64_t kDepth = 512;
  const auto lines = [](int64_t n) { return (n + 15) / 16 * 16; };
  const int64_t size = kIsHalf<E> ? lines(p.k * p.across) : 0, piece_size = lines(std::min(kDepth, p.k) * most),
                slots = slots_for(count);
  const int64_t own = piece_size + lines(serial_gemm_scratch<float>(std::min(kDepth, p.k)));
  float* memory = thread_scratch<PieceScratch>().array<float>(size + own * slots);
  const float* whole = memory;
  if constexpr (kIsHalf<E>)
    map(memory, p.whole, p.k * p.across, [](float x) { return x; });
  else
    whole = p.whole;
  for_tasks(count, slots, [&](int64_t i, int64_t slot) {
    const int64_t at = begin(i), side = begin(i + 1) - at;
    float *piece = memory + size + slot * own, *c = p.c + at * (p.by_rows ? p.c_row : 1);
    for (int64_t first = 0; first < p.k; first += kDepth) {
      const int64_t depth = std::min(kDepth, p.k - first);
      part(i, first, depth, piece);
      const float* other = whole + first * p.across;
      const Matrix<float> a = p.by_rows ? Matrix<float>{piece, 1, side} : Matrix<float>{other, 1, p.across};
      const Matrix<float> b = p.by_rows ? Matrix<float>{other, p.across, 1} : Matrix<float>{piece, side, 1};
      const int64_t rows = p.by_rows ? side : p.across, columns = p.by_rows ? p.across : side;
      serial_gemm({rows, columns, depth, a, b, c, p.c_row, nullptr, first > 0}, piece + piece_size);
    }
  });
}

}  // namespace hebb
