// sgdUpdate of one element. Nothing changes where a kernel before met bad input, which made the gradient.
#pragma once

#include "cuda/fault.h"
#include "cuda/updates.cuh"
#include "ops/sgd.h"

namespace hebb {

// The arrays of a parameter: p, g and what p becomes; with momentum m and what that becomes.
struct SgdArrays {
  enum { kP, kG, kToP, kPlain, kM = kPlain, kToM, kMomentum };
};

template <typename T, int Arrays>
__device__ __forceinline__ void sgd_element(const SgdStep<Wide<T>>& step, bool valid, void* const* at, int64_t i) {
  using A = SgdArrays;
  const auto element = [&](int array) -> T& { return static_cast<T*>(at[array])[i]; };
  // Everything is read before anything depends on what `valid` takes long to know.
  const Wide<T> p = widened(element(A::kP)), g = widened(element(A::kG));
  if constexpr (Arrays == A::kMomentum) {
    const Wide<T> m = widened(element(A::kM));
    Wide<T> moved = m;
    const Wide<T> next = step(p, g, &moved);
    element(A::kToP) = valid ? next : p;
    element(A::kToM) = valid ? moved : m;
  } else {
    const Wide<T> next = step(p, g);
    element(A::kToP) = valid ? next : p;
  }
}

// In a block with other small launches.
template <int Arrays>
struct SmallSgd {
  SgdStep<float> step;
  const float* rate;
  FaultRecord* faults;
  SmallTable<Arrays> table;

  __device__ void operator()(const Place& place) const {
    SgdStep<float> now = step;
    now.rate = *rate;
    const bool valid = !is_fault(faults);
    for_updates(place, table, [&](void* const* at, int64_t i) { sgd_element<float, Arrays>(now, valid, at, i); });
  }
};

}  // namespace hebb
