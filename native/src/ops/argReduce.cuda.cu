// Positions of extremes: pairs of value and place, combined by a tree; of equal values the first wins, and NaN wins over all.
#include "cuda/reduce.cuh"
#include "math/wrap.h"
#include "ops/argReduce.h"

namespace hebb {
namespace {

template <typename T>
struct Placed {
  T value;
  int32_t place;  // -1: nothing yet
};

template <typename T, bool kLargest>
struct ArgOp {
  using total = Placed<T>;
  static __device__ total identity() { return {T{}, -1}; }
  static __device__ total combine(const total& a, const total& b) {
    if (a.place < 0) return b;
    if (b.place < 0) return a;
    const bool a_nan = math::is_nan(a.value), b_nan = math::is_nan(b.value);
    const bool beats = kLargest ? b.value > a.value : b.value < a.value;
    const bool ties = a_nan ? b_nan : a.value == b.value;
    if (ties) return b.place < a.place ? b : a;
    return b_nan || (beats && !a_nan) ? b : a;
  }
};

template <typename T>
struct LoadPlaced {
  const T* x;
  int64_t length, inner;
  __device__ Placed<Wide<T>> operator()(int64_t o, int64_t r, int64_t i) const {
    return {widened(x[(o * length + r) * inner + i]), static_cast<int32_t>(r)};
  }
};

template <typename T>
struct PutPlace {
  int32_t* y;
  int64_t inner;
  __device__ void operator()(int64_t o, int64_t i, int64_t, const Placed<T>& best) const { y[o * inner + i] = best.place; }
};

template <bool kLargest>
int arg_reduce(const Call& call, hebb_error& error, const char* name) {
  if (const int status = check_arg(call, error, name)) return status;
  const View& x = call.inputs[0];
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  int32_t* y = data<int32_t>(call.outputs[0]);
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    const LoadPlaced<T> load = {data<T>(x), x.dims[1], x.dims[2]};
    const PutPlace<Wide<T>> put = {y, x.dims[2]};
    reduce_with<ArgOp<Wide<T>, kLargest>>(x.dims[0], x.dims[1], x.dims[2], load, put);
  };
  return with_any_number(x.dtype, body) ? HEBB_OK : fail_dtype(error, name, "an input", "a numeric dtype", x.dtype);
}

}  // namespace

int argMax_kernel(const Call& call, hebb_error& error) { return arg_reduce<true>(call, error, "argMax"); }
int argMin_kernel(const Call& call, hebb_error& error) { return arg_reduce<false>(call, error, "argMin"); }

}  // namespace hebb
