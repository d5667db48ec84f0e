// Positions of extremes.
#include "ops/argReduce.h"

#include "cpu/reduce.h"
#include "ops/reduce.h"

namespace hebb {
namespace {

// The first place of a value that is known to be there. Blocks are tested whole, since a loop that may stop does not vectorise.
template <typename T>
int32_t find_first(const T* x, int64_t n, T value) {
  constexpr int64_t block = 64;
  const bool nan = math::is_nan(value);
  for (int64_t from = 0; from < n; from += block) {
    const int64_t to = from + block < n ? from + block : n;
    int found = 0;
    for (int64_t i = from; i < to; ++i) found |= (x[i] == value) | (nan & math::is_nan(x[i])) ? 1 : 0;
    if (found == 0) continue;
    for (int64_t i = from; i < to; ++i)
      if (x[i] == value || (nan && math::is_nan(x[i]))) return static_cast<int32_t>(i);
  }
  return 0;
}

template <typename Op, typename T>
void arg_runs(const T* x, int32_t* y, int64_t outer, int64_t length) {
  const int64_t grain = kSerialBytes / (static_cast<int64_t>(sizeof(T)) * length) + 1;
  parallel_for(outer, grain, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) y[o] = find_first<T>(x + o * length, length, reduce_run<Op>(x + o * length, length));
  });
}

// A later element takes over when it beats the best, which no equal one and nothing after a NaN does.
template <typename Op, typename T>
void arg_columns(const T* x, int32_t* y, int64_t outer, int64_t length, int64_t inner) {
  const int64_t tiles = (inner + kColumns - 1) / kColumns;
  parallel_for(outer * tiles, kSerialBytes / (4 * length * (inner < kColumns ? inner : kColumns)) + 1,
               [&](int64_t begin, int64_t end) {
                 T best[kColumns];
                 int32_t place[kColumns];
                 for (int64_t task = begin; task < end; ++task) {
                   const int64_t o = task / tiles, column = task % tiles * kColumns;
                   const int64_t n = inner - column < kColumns ? inner - column : kColumns;
                   const T* from = x + o * length * inner + column;
                   for (int64_t i = 0; i < n; ++i) {
                     best[i] = from[i];
                     place[i] = 0;
                   }
                   for (int64_t r = 1; r < length; ++r) {
                     const T* row = from + r * inner;
                     for (int64_t i = 0; i < n; ++i) {
                       const T value = row[i], old = best[i];
                       const bool beats = (Op::combine(old, value) != old) & !math::is_nan(old);
                       best[i] = beats ? value : old;
                       place[i] = beats ? static_cast<int32_t>(r) : place[i];
                     }
                   }
                   for (int64_t i = 0; i < n; ++i) y[o * inner + column + i] = place[i];
                 }
               });
}

template <template <typename> class Op>
int arg_reduce(const Call& call, hebb_error& error, const char* name) {
  if (const int status = check_arg(call, error, name)) return status;
  const View& x = call.inputs[0];
  if (elements(call.outputs[0]) == 0) return HEBB_OK;
  int32_t* y = data<int32_t>(call.outputs[0]);
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    if (x.dims[2] == 1)
      arg_runs<Op<T>>(data<T>(x), y, x.dims[0], x.dims[1]);
    else
      arg_columns<Op<T>>(data<T>(x), y, x.dims[0], x.dims[1], x.dims[2]);
  };
  return with_number(x.dtype, body) ? HEBB_OK : fail_dtype(error, name, "an input", "a numeric dtype", x.dtype);
}

}  // namespace

// x:T [O, R, I] -> y:int32 [O, I], the first of equal extremes; NaN wins.
int argMax_kernel(const Call& call, hebb_error& error) { return arg_reduce<MaxOf>(call, error, "argMax"); }
int argMin_kernel(const Call& call, hebb_error& error) { return arg_reduce<MinOf>(call, error, "argMin"); }

}  // namespace hebb
