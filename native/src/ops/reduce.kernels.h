// The reductions of reduce.h's operations, over the reduce_all() of the engine that includes this.
#pragma once

#include "cpu/check.h"
#include "ops/reduce.h"

namespace hebb {
namespace {

// x [O, R, I] -> y [O, I].
int check_reduce(const Call& call, hebb_error& error, const char* op) {
  if (const int status = check_operands(call, error, op, 1, 1, 0)) return status;
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  if (x.rank != 3)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected an input of shape [outer, reduce, inner], received %s", op,
                DimsText(x).c_str());
  if (y.rank != 2 || y.dims[0] != x.dims[0] || y.dims[1] != x.dims[2])
    return fail(error, HEBB_BAD_SHAPE, "%s: expected an output of shape [outer, inner] for an input of shape %s, received %s", op,
                DimsText(x).c_str(), DimsText(y).c_str());
  return check_dtype(error, op, "an output", y, x.dtype);
}

int check_not_empty(const Call& call, hebb_error& error, const char* op) {
  if (call.inputs[0].dims[1] > 0 || elements(call.outputs[0]) == 0) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected at least one element to reduce, received an input of shape %s", op,
              DimsText(call.inputs[0]).c_str());
}

template <typename Op, typename Out, typename Finish>
void reduce(const Call& call, const Finish& finish) {
  const View& x = call.inputs[0];
  if (x.dims[0] == 0 || x.dims[2] == 0) return;
  reduce_all<Op>(data<typename Op::element>(x), data<Out>(call.outputs[0]), x.dims[0], x.dims[1], x.dims[2], finish);
}

template <template <typename> class Op>
int reduce_numbers(const Call& call, hebb_error& error, const char* name) {
  const int dtype = call.inputs[0].dtype;
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    reduce<Op<T>, T>(call, As<T>{});
  };
  return with_any_number(dtype, body) ? HEBB_OK : fail_dtype(error, name, "an input", "a numeric dtype", dtype);
}

template <typename Op>
int reduce_bool(const Call& call, hebb_error& error, const char* name) {
  if (const int status = check_reduce(call, error, name)) return status;
  if (const int status = check_dtype(error, name, "an input", call.inputs[0], HEBB_BOOL)) return status;
  reduce<Op, uint8_t>(call, As<uint8_t>{});
  return HEBB_OK;
}

template <template <typename> class Op>
int extreme(const Call& call, hebb_error& error, const char* name) {
  if (const int status = check_reduce(call, error, name)) return status;
  if (const int status = check_not_empty(call, error, name)) return status;
  return reduce_numbers<Op>(call, error, name);
}

}  // namespace

// x:T [O, R, I] -> y:T [O, I]. Integers wrap; the sum and the product of nothing are 0 and 1.
int sum_kernel(const Call& call, hebb_error& error) {
  const int status = check_reduce(call, error, "sum");
  return status ? status : reduce_numbers<SumOf>(call, error, "sum");
}
int prod_kernel(const Call& call, hebb_error& error) {
  const int status = check_reduce(call, error, "prod");
  return status ? status : reduce_numbers<ProdOf>(call, error, "prod");
}

// x:F [O, R, I] -> y:F [O, I]; nothing has no mean.
int mean_kernel(const Call& call, hebb_error& error) {
  if (const int status = check_reduce(call, error, "mean")) return status;
  if (const int status = check_not_empty(call, error, "mean")) return status;
  const int dtype = call.inputs[0].dtype;
  const double count = static_cast<double>(call.inputs[0].dims[1]);
  const auto body = [&](auto type) {
    using T = typename decltype(type)::type;
    reduce<SumOf<T>, T>(call, Share<T>{count});
  };
  return with_any_float(dtype, body) ? HEBB_OK : fail_dtype(error, "mean", "an input", "a floating-point dtype", dtype);
}

// x:T [O, R, I] -> y:T [O, I]; NaN wins; nothing has no largest element.
int max_kernel(const Call& call, hebb_error& error) { return extreme<MaxOf>(call, error, "max"); }
int min_kernel(const Call& call, hebb_error& error) { return extreme<MinOf>(call, error, "min"); }

// x:bool [O, R, I] -> y:bool [O, I].
int all_kernel(const Call& call, hebb_error& error) { return reduce_bool<AllOf>(call, error, "all"); }
int any_kernel(const Call& call, hebb_error& error) { return reduce_bool<AnyOf>(call, error, "any"); }

}  // namespace hebb
