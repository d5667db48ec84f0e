// Reducing the middle of [outer, length, inner]. Which elements meet in which order depends on the shape alone.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/parallel.h"

namespace hebb {

// Accumulators that a run is dealt to in turn: enough to fill four of the widest vector registers.
template <typename Lane>
constexpr int kLanes = 256 / static_cast<int>(sizeof(Lane));

// Turns of the lanes before they are combined into a total, which bounds the error of the lanes.
constexpr int64_t kTurns = 8;

// Combines the lanes into `total`, pairwise.
template <typename Op>
inline typename Op::total fold_lanes(typename Op::lane* lanes, typename Op::total total) {
  for (int half = kLanes<typename Op::lane> / 2; half >= 1; half /= 2)
    for (int l = 0; l < half; ++l) lanes[l] = Op::combine(lanes[l], lanes[l + half]);
  return Op::combine(total, lanes[0]);
}

// Combines `turns` rounds of contiguous elements.
template <typename Op>
inline typename Op::total reduce_block(const typename Op::element* x, int64_t turns, typename Op::total total) {
  using Lane = typename Op::lane;
  constexpr int lanes = kLanes<Lane>;
  alignas(64) Lane lane[lanes];
  for (int l = 0; l < lanes; ++l) lane[l] = static_cast<Lane>(Op::identity);
  for (int64_t t = 0; t < turns; ++t)
    for (int l = 0; l < lanes; ++l) lane[l] = Op::combine(lane[l], static_cast<Lane>(x[t * lanes + l]));
  return fold_lanes<Op>(lane, total);
}

// Combines `total` with n contiguous elements. A run may come in parts, each but the last a multiple of kTurns * kLanes long.
template <typename Op>
typename Op::total reduce_run(const typename Op::element* x, int64_t n, typename Op::total total = Op::identity) {
  constexpr int64_t lanes = kLanes<typename Op::lane>;
  int64_t i = 0;
  for (; i + kTurns * lanes <= n; i += kTurns * lanes) total = reduce_block<Op>(x + i, kTurns, total);
  const int64_t turns = (n - i) / lanes;
  if (turns > 0) total = reduce_block<Op>(x + i, turns, total);
  for (i += turns * lanes; i < n; ++i) total = Op::combine(total, x[i]);
  return total;
}

// Elements that one task reduces when a single run is long.
constexpr int64_t kRunChunk = 32768;

// y[o] = finish(x[o, 0] … x[o, length-1]) for contiguous runs.
template <typename Op, typename Out, typename Finish>
void reduce_runs(const typename Op::element* x, Out* y, int64_t outer, int64_t length, const Finish& finish) {
  using Total = typename Op::total;
  if (length <= kRunChunk) {
    const int64_t grain = kSerialBytes / (static_cast<int64_t>(sizeof(typename Op::element)) * (length + 1)) + 1;
    parallel_for(outer, grain, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) y[o] = finish(reduce_run<Op>(x + o * length, length));
    });
    return;
  }
  const int64_t chunks = (length + kRunChunk - 1) / kRunChunk;
  std::vector<Total> parts(static_cast<size_t>(outer * chunks));
  parallel_for(outer * chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t from = task % chunks * kRunChunk;
      const int64_t n = length - from < kRunChunk ? length - from : kRunChunk;
      parts[static_cast<size_t>(task)] = reduce_run<Op>(x + task / chunks * length + from, n);
    }
  });
  for (int64_t o = 0; o < outer; ++o) {
    Total total = Op::identity;
    for (int64_t c = 0; c < chunks; ++c) total = Op::combine(total, parts[static_cast<size_t>(o * chunks + c)]);
    y[o] = finish(total);
  }
}

// Columns that one task keeps its accumulators for, and rows between two steps of float64's second level.
constexpr int64_t kColumns = 256;
constexpr int64_t kRowBlock = 64;

// Combines the rows of a matrix column by column as they come, in blocks of kRowBlock.
template <typename Op>
class Columns {
  using Total = typename Op::total;

 public:
  Columns() = default;
  // Memory of `columns` totals each; `total` is the result after close().
  Columns(int64_t columns, Total* block, Total* total) : columns_(columns), block_(block), total_(total) {
    for (int64_t i = 0; i < columns; ++i) block[i] = total[i] = Op::identity;
  }

  // Rows lie `stride` apart.
  void add(const typename Op::element* x, int64_t rows, int64_t stride) {
    for (int64_t from = 0; from < rows;) {
      const int64_t n = rows - from < kRowBlock - rows_ ? rows - from : kRowBlock - rows_;
      add_to_block(x + from * stride, n, stride);
      from += n, rows_ += n;
      if (rows_ == kRowBlock) close();
    }
  }

  // Combines the rows of a block that is not full.
  void close() {
    if (rows_ == 0) return;
    Total *block = block_, *total = total_;
#pragma GCC ivdep
    for (int64_t i = 0; i < columns_; ++i) {
      total[i] = Op::combine(total[i], block[i]);
      block[i] = Op::identity;
    }
    rows_ = 0;
  }

 private:
  void add_to_block(const typename Op::element* x, int64_t rows, int64_t stride) {
    const int64_t columns = columns_;
    Total* block = block_;
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      const typename Op::element* row = x + r * stride;
#pragma GCC ivdep
      for (int64_t i = 0; i < columns; ++i) {
        const Total a = Op::combine(Op::combine(block[i], row[i]), row[i + stride]);
        block[i] = Op::combine(Op::combine(a, row[i + 2 * stride]), row[i + 3 * stride]);
      }
    }
    for (; r < rows; ++r) {
#pragma GCC ivdep
      for (int64_t i = 0; i < columns; ++i) block[i] = Op::combine(block[i], x[r * stride + i]);
    }
  }

  int64_t columns_ = 0, rows_ = 0;
  Total *block_ = nullptr, *total_ = nullptr;
};

// total[i] = x[0, i] … x[rows-1, i], for at most kColumns columns of a matrix whose rows are `stride` apart.
template <typename Op>
void reduce_columns(const typename Op::element* x, int64_t rows, int64_t stride, int64_t columns, typename Op::total* total) {
  alignas(64) typename Op::total block[kColumns];
  Columns<Op> sums(columns, block, total);
  sums.add(x, rows, stride);
  sums.close();
}

// Of few columns, how many rows side by side act as one wide row, so that the loops over columns stay long; 1: none.
inline int64_t rows_side_by_side(int64_t rows, int64_t columns) {
  const int64_t fold = kColumns / columns;
  return fold < 2 || rows < 2 * fold ? 1 : fold;
}

// Adds the totals of a wide row to those of the rows that were left over.
template <typename Op>
void unfold(const typename Op::total* wide, int64_t fold, int64_t columns, typename Op::total* total) {
  for (int64_t f = 0; f < fold; ++f)
    for (int64_t i = 0; i < columns; ++i) total[i] = Op::combine(total[i], wide[f * columns + i]);
}

// The same as reduce_columns for all columns of a matrix that has at most kColumns.
template <typename Op>
void reduce_narrow(const typename Op::element* x, int64_t rows, int64_t columns, typename Op::total* total) {
  const int64_t fold = rows_side_by_side(rows, columns);
  if (fold == 1) return reduce_columns<Op>(x, rows, columns, columns, total);
  alignas(64) typename Op::total wide[kColumns];
  const int64_t whole = rows / fold;
  reduce_columns<Op>(x, whole, fold * columns, fold * columns, wide);
  reduce_columns<Op>(x + whole * fold * columns, rows - whole * fold, columns, columns, total);
  unfold<Op>(wide, fold, columns, total);
}

// How the rows of [outer, length, inner] are shared out to tasks: all of them to one where outer and the column tiles make enough
// tasks, else a fixed share to each.
struct RowShares {
  int64_t tiles, rows, shares;

  RowShares(int64_t outer, int64_t length, int64_t inner) {
    constexpr int64_t kTasks = 32;
    tiles = (inner + kColumns - 1) / kColumns;
    const int64_t wanted = (kTasks + outer * tiles - 1) / (outer * tiles);
    const int64_t least = kSerialBytes / (inner < kColumns ? inner : kColumns) / 4 + 1;
    const int64_t share = (length + wanted - 1) / wanted;
    rows = share > least ? share : least;
    shares = length > 0 ? (length + rows - 1) / rows : 1;
  }
};

// y[o, i] = finish(x[o, 0, i] … x[o, length-1, i]).
template <typename Op, typename Out, typename Finish>
void reduce_middle(const typename Op::element* x, Out* y, int64_t outer, int64_t length, int64_t inner, const Finish& finish) {
  using Total = typename Op::total;
  const RowShares plan(outer, length, inner);
  const int64_t tiles = plan.tiles, rows = plan.rows, shares = plan.shares;
  const auto reduce_task = [&](int64_t o, int64_t tile, int64_t share, Total* total) {
    const int64_t first = share * rows, column = tile * kColumns;
    const int64_t n = length - first < rows ? length - first : rows;
    const typename Op::element* from = x + (o * length + first) * inner + column;
    if (tiles == 1)
      reduce_narrow<Op>(from, n, inner, total);
    else
      reduce_columns<Op>(from, n, inner, inner - column < kColumns ? inner - column : kColumns, total);
  };
  if (shares == 1) {
    const int64_t grain = kSerialBytes / (4 * (length + 1) * (inner < kColumns ? inner : kColumns)) + 1;
    parallel_for(outer * tiles, grain, [&](int64_t begin, int64_t end) {
      alignas(64) Total total[kColumns];
      for (int64_t task = begin; task < end; ++task) {
        const int64_t o = task / tiles, tile = task % tiles, column = tile * kColumns;
        reduce_task(o, tile, 0, total);
        const int64_t n = inner - column < kColumns ? inner - column : kColumns;
        for (int64_t i = 0; i < n; ++i) y[o * inner + column + i] = finish(total[i]);
      }
    });
    return;
  }
  std::vector<Total> parts(static_cast<size_t>(outer * tiles * shares * kColumns));
  parallel_for(outer * tiles * shares, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task)
      reduce_task(task / shares / tiles, task / shares % tiles, task % shares, parts.data() + task * kColumns);
  });
  parallel_for(outer * inner, kSerialBytes / (8 * shares) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t o = at / inner, i = at % inner;
      const Total* part = parts.data() + (o * tiles + i / kColumns) * shares * kColumns + i % kColumns;
      Total total = Op::identity;
      for (int64_t share = 0; share < shares; ++share) total = Op::combine(total, part[share * kColumns]);
      y[at] = finish(total);
    }
  });
}

// y[o, i] = finish(x[o, 0, i] … x[o, length-1, i]), by the way that suits the shape.
template <typename Op, typename Out, typename Finish>
void reduce_all(const typename Op::element* x, Out* y, int64_t outer, int64_t length, int64_t inner, const Finish& finish) {
  if (inner == 1)
    reduce_runs<Op>(x, y, outer, length, finish);
  else
    reduce_middle<Op>(x, y, outer, length, inner, finish);
}

}  // namespace hebb
