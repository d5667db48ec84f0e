// Walks the output of a broadcast in runs along which every input is either contiguous or one repeated element.
#pragma once

#include <cstdint>

#include "cpu/broadcastPlan.h"
#include "cpu/dtype.h"
#include "cpu/map.h"
#include "cpu/parallel.h"

namespace hebb {

// Where a row of the output starts in each input; next() moves on to the following row.
class RowCursor {
 public:
  RowCursor(const Broadcast& plan, int64_t row) : plan_(plan) {
    for (int d = 1; d < plan.rank; ++d) {
      index_[d] = row % plan.dims[d];
      row /= plan.dims[d];
      for (int k = 0; k < plan.inputs; ++k) offsets[k] += index_[d] * plan.strides[k][d];
    }
  }
  void next() {
    for (int d = 1; d < plan_.rank; ++d) {
      for (int k = 0; k < plan_.inputs; ++k) offsets[k] += plan_.strides[k][d];
      if (++index_[d] < plan_.dims[d]) return;
      index_[d] = 0;
      for (int k = 0; k < plan_.inputs; ++k) offsets[k] -= plan_.strides[k][d] * plan_.dims[d];
    }
  }

  int64_t offsets[kMaxBroadcast] = {};

 private:
  const Broadcast& plan_;
  int64_t index_[HEBB_MAX_RANK] = {};
};

// Calls body(output offset, input offsets, count) for runs of at most `chunk` elements that cover the output.
template <typename Body>
void for_runs(const Broadcast& plan, int64_t chunk, const Body& body) {
  const int64_t inner = plan.dims[0];
  if (inner == 0) return;
  const int64_t rows = plan.rows();
  if (inner >= chunk) {
    const int64_t pieces = (inner + chunk - 1) / chunk;
    parallel_for(rows * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        RowCursor cursor(plan, task / pieces);
        const int64_t from = task % pieces * chunk;
        for (int k = 0; k < plan.inputs; ++k) cursor.offsets[k] += plan.strides[k][0] * from;
        body(task / pieces * inner + from, cursor.offsets, inner - from < chunk ? inner - from : chunk);
      }
    });
    return;
  }
  parallel_for(rows, chunk / inner, [&](int64_t begin, int64_t end) {
    RowCursor cursor(plan, begin);
    for (int64_t row = begin; row < end; ++row, cursor.next()) body(row * inner, cursor.offsets, inner);
  });
}

// Rows shorter than this are gathered into blocks, where loops are long enough to vectorise.
constexpr int64_t kShortRow = 48;
constexpr int64_t kGatherBlock = 1024;

// Copies what input k contributes to `rows` rows, starting where the cursor stands, into a contiguous block.
template <typename T>
inline void gather_rows(const Broadcast& plan, RowCursor cursor, int k, const T* from, T* to, int64_t rows) {
  const int64_t inner = plan.dims[0];
  const bool repeated = plan.strides[k][0] == 0;
  for (int64_t row = 0; row < rows; ++row, cursor.next()) {
    const T* source = from + cursor.offsets[k];
    if (repeated) {
      const T value = *source;
      for (int64_t i = 0; i < inner; ++i) *to++ = value;
    } else {
      for (int64_t i = 0; i < inner; ++i) *to++ = source[i];
    }
  }
}

// Whether rows of input k follow each other in memory just as the output's do.
inline bool runs_along(const Broadcast& plan, int k) {
  int64_t expected = 1;
  for (int d = 0; d < plan.rank; ++d) {
    if (plan.strides[k][d] != expected) return false;
    expected *= plan.dims[d];
  }
  return true;
}

// y = op(a, b) over a broadcast. Two short loops cover the two inputs; the op sees scalars only, and 16-bit floats as float.
template <typename Out, typename In, typename Op>
void broadcast_map(const Broadcast& plan, Out* y, const In* a, const In* b, const Op& op) {
  constexpr int64_t chunk = kSerialBytes / static_cast<int64_t>(sizeof(Out) + 2 * sizeof(In));
  if (plan.rank > 1 && plan.dims[0] < kShortRow) {
    const int64_t inner = plan.dims[0];
    const int64_t block_rows = kGatherBlock / inner;
    const bool a_direct = runs_along(plan, 0), b_direct = runs_along(plan, 1);
    const bool a_same = plan.rank == 2 && plan.strides[0][1] == 0, b_same = plan.rank == 2 && plan.strides[1][1] == 0;
    parallel_for(plan.rows(), chunk / kGatherBlock * block_rows, [&](int64_t begin, int64_t end) {
      const Op local = op;
      In a_block[kGatherBlock], b_block[kGatherBlock];
      for (int64_t row = begin; row < end; row += block_rows) {
        const int64_t rows = end - row < block_rows ? end - row : block_rows;
        const RowCursor cursor(plan, row);
        // A block that repeats one row is the same for every row.
        if (!a_direct && (!a_same || row == begin)) gather_rows(plan, cursor, 0, a, a_block, rows);
        if (!b_direct && (!b_same || row == begin)) gather_rows(plan, cursor, 1, b, b_block, rows);
        const In* pa = a_direct ? a + row * inner : a_block;
        const In* pb = b_direct ? b + row * inner : b_block;
        Out* py = y + row * inner;
#pragma GCC ivdep
        for (int64_t i = 0; i < rows * inner; ++i) py[i] = local(widened(pa[i]), widened(pb[i]));
      }
    });
    return;
  }
  const bool a_moves = plan.strides[0][0] != 0, b_moves = plan.strides[1][0] != 0;
  for_runs(plan, chunk, [&](int64_t at, const int64_t* offsets, int64_t n) {
    const Op local = op;
    const In* pa = a + offsets[0];
    const In* pb = b + offsets[1];
    Out* py = y + at;
    if (a_moves && b_moves) {
      map_on(py, pa, pb, n, op);
    } else if (a_moves) {
      const Wide<In> value = *pb;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) py[i] = local(widened(pa[i]), value);
    } else {
      const Wide<In> value = *pa;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) py[i] = local(value, widened(b_moves ? pb[i] : *pb));
    }
  });
}

}  // namespace hebb
