#include "cpu/strided.h"

#include <cstring>
#include <utility>

#include "cpu/dtype.h"
#include "cpu/parallel.h"

namespace hebb {
namespace {

// Tiles of a transposition: whole cache lines of float32 on both sides.
constexpr int64_t kTile = 16;

// Calls body(to offset, from offset) for every index of dimensions [0, rank) from `begin` to `end`.
template <typename Body>
void for_outer(const StridedCopy& copy, int rank, int64_t begin, int64_t end, const Body& body) {
  int64_t index[HEBB_MAX_RANK], to = 0, from = 0, rest = begin;
  for (int d = rank - 1; d >= 0; --d) {
    index[d] = rest % copy.dims[d];
    rest /= copy.dims[d];
    to += index[d] * copy.to[d];
    from += index[d] * copy.from[d];
  }
  for (int64_t at = begin; at < end; ++at) {
    body(to, from);
    for (int d = rank - 1; d >= 0; --d) {
      to += copy.to[d];
      from += copy.from[d];
      if (++index[d] < copy.dims[d]) break;
      index[d] = 0;
      to -= copy.to[d] * copy.dims[d];
      from -= copy.from[d] * copy.dims[d];
    }
  }
}

int64_t product(const StridedCopy& copy, int rank) {
  int64_t n = 1;
  for (int d = 0; d < rank; ++d) n *= copy.dims[d];
  return n;
}

template <typename T>
inline void copy_row(T* to, int64_t to_step, const T* from, int64_t from_step, int64_t n) {
  if (to_step == 1 && from_step == 1) {
    if (n * static_cast<int64_t>(sizeof(T)) > 256)
      std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    else
      for (int64_t i = 0; i < n; ++i) to[i] = from[i];
  } else if (to_step == 1 && from_step == 0) {
    const T value = *from;
    for (int64_t i = 0; i < n; ++i) to[i] = value;
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * to_step] = from[i * from_step];
  }
}

// Rows along the innermost dimension; a single long row is cut.
template <typename T>
void copy_rows(const StridedCopy& copy, T* to, const T* from) {
  const int last = copy.rank - 1;
  const int64_t n = copy.dims[last], to_step = copy.to[last], from_step = copy.from[last];
  const int64_t chunk = kSerialBytes / (2 * static_cast<int64_t>(sizeof(T)));
  const int64_t rows = product(copy, last);
  if (n >= chunk) {
    const int64_t pieces = (n + chunk - 1) / chunk;
    parallel_for(rows * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t at = task % pieces * chunk, count = n - at < chunk ? n - at : chunk;
        for_outer(copy, last, task / pieces, task / pieces + 1, [&](int64_t t, int64_t f) {
          copy_row(to + t + at * to_step, to_step, from + f + at * from_step, from_step, count);
        });
      }
    });
    return;
  }
  parallel_for(rows, chunk / n, [&](int64_t begin, int64_t end) {
    for_outer(copy, last, begin, end, [&](int64_t t, int64_t f) { copy_row(to + t, to_step, from + f, from_step, n); });
  });
}

// Transposes a 4x4 block of 32-bit elements in registers.
inline void transpose4(uint32_t* to, int64_t to_stride, const uint32_t* from, int64_t from_stride) {
  using Four [[gnu::vector_size(16)]] = uint32_t;
  Four r0, r1, r2, r3;
  std::memcpy(&r0, from, 16);
  std::memcpy(&r1, from + from_stride, 16);
  std::memcpy(&r2, from + 2 * from_stride, 16);
  std::memcpy(&r3, from + 3 * from_stride, 16);
  const Four a = __builtin_shuffle(r0, r1, Four{0, 4, 1, 5}), b = __builtin_shuffle(r2, r3, Four{0, 4, 1, 5});
  const Four c = __builtin_shuffle(r0, r1, Four{2, 6, 3, 7}), d = __builtin_shuffle(r2, r3, Four{2, 6, 3, 7});
  const Four t0 = __builtin_shuffle(a, b, Four{0, 1, 4, 5}), t1 = __builtin_shuffle(a, b, Four{2, 3, 6, 7});
  const Four t2 = __builtin_shuffle(c, d, Four{0, 1, 4, 5}), t3 = __builtin_shuffle(c, d, Four{2, 3, 6, 7});
  std::memcpy(to, &t0, 16);
  std::memcpy(to + to_stride, &t1, 16);
  std::memcpy(to + 2 * to_stride, &t2, 16);
  std::memcpy(to + 3 * to_stride, &t3, 16);
}

// to[c, r] = from[r, c], both with contiguous rows. A full tile goes through a buffer, so that memory sees whole lines.
template <typename T>
inline void transpose_tile(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t rows, int64_t columns) {
  if (rows != kTile || columns != kTile) {
    for (int64_t c = 0; c < columns; ++c)
      for (int64_t r = 0; r < rows; ++r) to[c * to_stride + r] = from[r * from_stride + c];
    return;
  }
  alignas(64) T tile[kTile * kTile];
  if constexpr (sizeof(T) == 4) {
    for (int64_t r = 0; r < kTile; r += 4)
      for (int64_t c = 0; c < kTile; c += 4) transpose4(tile + c * kTile + r, kTile, from + r * from_stride + c, from_stride);
  } else {
    for (int64_t r = 0; r < kTile; ++r)
      for (int64_t c = 0; c < kTile; ++c) tile[c * kTile + r] = from[r * from_stride + c];
  }
  for (int64_t c = 0; c < kTile; ++c) std::memcpy(to + c * to_stride, tile + c * kTile, kTile * sizeof(T));
}

// The last two dimensions hold a matrix whose rows are contiguous in the source and whose columns are in the destination:
// the innermost runs along the destination, the one before it along the source.
template <typename T>
void copy_transposed(const StridedCopy& copy, T* to, const T* from) {
  const int outer = copy.rank - 2;
  const int64_t columns = copy.dims[outer], rows = copy.dims[outer + 1];
  const int64_t to_stride = copy.to[outer], from_stride = copy.from[outer + 1];
  // A strip is kTile columns of the source; walking down its rows writes kTile lines of the destination side by side.
  constexpr int64_t kPiece = 4096;  // rows of a strip that one task moves
  const int64_t strips = (columns + kTile - 1) / kTile, pieces = (rows + kPiece - 1) / kPiece;
  const int64_t grain = kSerialBytes / (2 * kTile * (rows < kPiece ? rows : kPiece) * static_cast<int64_t>(sizeof(T))) + 1;
  parallel_for(product(copy, outer) * pieces * strips, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t c = task % strips * kTile, width = columns - c < kTile ? columns - c : kTile;
      const int64_t matrix = task / strips / pieces, first = task / strips % pieces * kPiece;
      const int64_t last = rows - first < kPiece ? rows : first + kPiece;
      for_outer(copy, outer, matrix, matrix + 1, [&](int64_t t, int64_t f) {
        for (int64_t r = first; r < last; r += kTile)
          transpose_tile(to + t + c * to_stride + r, to_stride, from + f + r * from_stride + c, from_stride,
                         last - r < kTile ? last - r : kTile, width);
      });
    }
  });
}

// Moves the dimension that is contiguous in the source next to the innermost; false if there is none worth it.
bool arrange_transposition(StridedCopy& copy) {
  const int last = copy.rank - 1;
  if (last < 1 || copy.to[last] != 1 || copy.from[last] == 1 || copy.from[last] == 0 || copy.dims[last] < 4) return false;
  for (int d = 0; d < last; ++d) {
    if (copy.from[d] != 1 || copy.dims[d] < 4) continue;
    for (int e = d; e + 1 < last; ++e) {
      std::swap(copy.dims[e], copy.dims[e + 1]);
      std::swap(copy.to[e], copy.to[e + 1]);
      std::swap(copy.from[e], copy.from[e + 1]);
    }
    return true;
  }
  return false;
}

}  // namespace

void copy_strided(const StridedCopy& given, int dtype, void* to, const void* from) {
  StridedCopy copy = given;
  if (product(copy, copy.rank) == 0) return;
  if (copy.rank == 0) {
    copy.rank = 1;
    copy.dims[0] = copy.to[0] = copy.from[0] = 1;
  }
  const bool transposed = arrange_transposition(copy);
  with_width(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (transposed)
      copy_transposed(copy, static_cast<T*>(to), static_cast<const T*>(from));
    else
      copy_rows(copy, static_cast<T*>(to), static_cast<const T*>(from));
  });
}

}  // namespace hebb
