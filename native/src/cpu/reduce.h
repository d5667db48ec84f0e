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

// Combines n contiguous elements.
template <typename Op>
typename Op::total reduce_run(const typename Op::element* x, int64_t n) {
  constexpr int64_t lanes = kLanes<typename Op::lane>;
  typename Op::total total = Op::identity;
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

// total[i] = x[0, i] … x[rows-1, i], for at most kColumns columns of a matrix whose rows are `stride` apart.
template <typename Op>
void reduce_columns(const typename Op::element* x, int64_t rows, int64_t stride, int64_t columns, typename Op::total* total) {
  using Total = typename Op::total;
  alignas(64) Total block[kColumns];
  for (int64_t i = 0; i < columns; ++i) total[i] = Op::identity;
  for (int64_t from = 0; from < rows; from += kRowBlock) {
    const int64_t to = from + kRowBlock < rows ? from + kRowBlock : rows;
    for (int64_t i = 0; i < columns; ++i) block[i] = Op::identity;
    int64_t r = from;
    for (; r + 4 <= to; r += 4) {
      const typename Op::element* row = x + r * stride;
      for (int64_t i = 0; i < columns; ++i) {
        const Total a = Op::combine(Op::combine(block[i], row[i]), row[i + stride]);
        block[i] = Op::combine(Op::combine(a, row[i + 2 * stride]), row[i + 3 * stride]);
      }
    }
    for (; r < to; ++r)
      for (int64_t i = 0; i < columns; ++i) block[i] = Op::combine(block[i], x[r * stride + i]);
    for (int64_t i = 0; i < columns; ++i) total[i] = Op::combine(total[i], block[i]);
  }
}

// The same for few columns: `fold` rows side by side act as one wide row, so that the loops over columns stay long.
template <typename Op>
void reduce_narrow(const typename Op::element* x, int64_t rows, int64_t columns, typename Op::total* total) {
  const int64_t fold = kColumns / columns;
  if (fold < 2 || rows < 2 * fold) return reduce_columns<Op>(x, rows, columns, columns, total);
  alignas(64) typename Op::total wide[kColumns];
  const int64_t whole = rows / fold;
  reduce_columns<Op>(x, whole, fold * columns, fold * columns, wide);
  reduce_columns<Op>(x + whole * fold * columns, rows - whole * fold, columns, columns, total);
  for (int64_t f = 0; f < fold; ++f)
    for (int64_t i = 0; i < columns; ++i) total[i] = Op::combine(total[i], wide[f * columns + i]);
}

// Rows for each task: all of them where outer and the column tiles make enough tasks, else a fixed share.
inline int64_t rows_per_task(int64_t outer, int64_t length, int64_t inner, int64_t tiles) {
  constexpr int64_t kTasks = 32;
  const int64_t wanted = (kTasks + outer * tiles - 1) / (outer * tiles);
  const int64_t least = kSerialBytes / (inner < kColumns ? inner : kColumns) / 4 + 1;
  const int64_t share = (length + wanted - 1) / wanted;
  return share > least ? share : least;
}

// y[o, i] = finish(x[o, 0, i] … x[o, length-1, i]).
template <typename Op, typename Out, typename Finish>
void reduce_middle(const typename Op::element* x, Out* y, int64_t outer, int64_t length, int64_t inner, const Finish& finish) {
  using Total = typename Op::total;
  const int64_t tiles = (inner + kColumns - 1) / kColumns;
  const int64_t rows = rows_per_task(outer, length, inner, tiles);
  const int64_t shares = length > 0 ? (length + rows - 1) / rows : 1;
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
