// adamUpdate of one element. A step below 1 changes nothing but is reported. Nor does anything change where a kernel before met
// bad input, which made the gradient.
#pragma once

#include "cuda/fault.h"
#include "cuda/updates.cuh"
#include "ops/adam.h"

namespace hebb {

// The arrays of a parameter: p, g, m and v, then what p, m and v become.
struct AdamArrays {
  enum { kP, kG, kM, kV, kToP, kToM, kToV, kCount };
};

// What does not depend on the element, worked out by one thread of the block for all of them: powers in float64 are slow.
template <typename T>
__device__ AdamStep<T> shared_adam_step(bool mine, const AdamSettings& settings, double rate, double step) {
  HEBB_SHARED(AdamStep<T>, shared);
  __syncthreads();
  if (mine) shared = adam_step<T>(settings, rate, step);
  __syncthreads();
  return shared;
}

template <typename T>
__device__ __forceinline__ void adam_element(const AdamStep<Wide<T>>& update, bool valid, void* const* at, int64_t i) {
  using A = AdamArrays;
  const auto element = [&](int array) -> T& { return static_cast<T*>(at[array])[i]; };
  const Wide<T> g = widened(element(A::kG));
  Wide<T> p = widened(element(A::kP)), m = widened(element(A::kM)), v = widened(element(A::kV));
  if (valid) p = update(p, g, &m, &v);
  element(A::kToP) = p;
  element(A::kToM) = m;
  element(A::kToV) = v;
}

// In a block with other small launches.
struct SmallAdam {
  AdamSettings settings;
  const float *rate, *steps;
  FaultSite fault;
  SmallTable<AdamArrays::kCount> table;

  __device__ void operator()(const Place& place) const {
    const double step = static_cast<double>(*steps);
    const bool valid = step >= 1 && !fault.met();
    if (!(step >= 1) && place.x == 0) fault.report(__double_as_longlong(step), 0);
    const AdamStep<float> update = shared_adam_step<float>(place.x == 0, settings, static_cast<double>(*rate), step);
    for_updates(place, table, [&](void* const* at, int64_t i) { adam_element<float>(update, valid, at, i); });
  }
};

}  // namespace hebb
