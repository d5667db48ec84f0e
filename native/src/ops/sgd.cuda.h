// sgdUpdate of one element.
#pragma once

#include "cuda/updates.cuh"
#include "ops/sgd.h"

namespace hebb {

// The arrays of a parameter: p, g and what p becomes; with momentum m and what that becomes.
struct SgdArrays {
  enum { kP, kG, kToP, kPlain, kM = kPlain, kToM, kMomentum };
};

template <typename T, int Arrays>
__device__ __forceinline__ void sgd_element(const SgdStep<Wide<T>>& step, void* const* at, int64_t i) {
  using A = SgdArrays;
  const auto element = [&](int array) -> T& { return static_cast<T*>(at[array])[i]; };
  if constexpr (Arrays == A::kMomentum) {
    Wide<T> moved = widened(element(A::kM));
    element(A::kToP) = step(widened(element(A::kP)), widened(element(A::kG)), &moved);
    element(A::kToM) = moved;
  } else {
    element(A::kToP) = step(widened(element(A::kP)), widened(element(A::kG)));
  }
}

// In a block with other small launches.
template <int Arrays>
struct SmallSgd {
  SgdStep<float> step;
  const float* rate;
  SmallTable<Arrays> table;

  __device__ void operator()(const Place& place) const {
    SgdStep<float> now = step;
    now.rate = *rate;
    for_updates(place, table, [&](void* const* at, int64_t i) { sgd_element<float, Arrays>(now, at, i); });
  }
};

}  // namespace hebb
