// Copying between arrays whose dimensions lie differently in memory: the one loop behind transpose, slice, pad, broadcastTo and
// concat. Each engine has its own copy_strided.
#pragma once

#include <cstdint>

#include "hebb/abi.h"

namespace hebb {

// One copy: dimension 0 is the outermost; strides are in elements and may be negative, and a source's may be 0. Negative steps
// start at the far end: the pointers given to copy_strided are those of the first element moved.
struct StridedCopy {
  int rank = 0;
  int64_t dims[HEBB_MAX_RANK];
  int64_t to[HEBB_MAX_RANK];
  int64_t from[HEBB_MAX_RANK];

  // Adds a dimension inside the ones there are, merging it where both sides lie contiguously. Sizes of 1 vanish.
  void append(int64_t n, int64_t to_stride, int64_t from_stride);
};

inline void StridedCopy::append(int64_t n, int64_t to_stride, int64_t from_stride) {
  if (n == 1) return;
  if (rank > 0 && to[rank - 1] == to_stride * n && from[rank - 1] == from_stride * n) {
    dims[rank - 1] *= n;
    to[rank - 1] = to_stride;
    from[rank - 1] = from_stride;
    return;
  }
  dims[rank] = n;
  to[rank] = to_stride;
  from[rank++] = from_stride;
}

// Moves elements of dtype_bytes(dtype) bytes. The destination's elements are distinct and overlap no source.
void copy_strided(const StridedCopy& copy, int dtype, void* to, const void* from);

}  // namespace hebb
