// Broadcasting by numpy's rules: checks the shapes and collapses them to the fewest dimensions.
#pragma once

#include <cstdint>

#include "cpu/check.h"

namespace hebb {

constexpr int kMaxBroadcast = 3;

// Dimension 0 is the innermost. Strides are in elements; the innermost of each input is 0 or 1.
struct Broadcast {
  int rank;
  int inputs;
  int64_t dims[HEBB_MAX_RANK];
  int64_t strides[kMaxBroadcast][HEBB_MAX_RANK];

  int64_t rows() const {
    int64_t n = 1;
    for (int d = 1; d < rank; ++d) n *= dims[d];
    return n;
  }
};

// Refuses inputs whose broadcast shape is not the output's.
int plan_broadcast(const Call& call, hebb_error& error, const char* op, Broadcast* plan);

}  // namespace hebb
