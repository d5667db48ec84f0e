#include <cmath>

#include "cases.h"

namespace parity {
namespace {

// [outer, length, inner], sometimes one long run.
Dims shape(Random& r) {
  if (r.chance(0.1)) return {r.integer(1, 3), 200000, r.integer(1, 3)};
  if (r.chance(0.2)) return {r.size(300), r.size(300), 1};
  return {r.size(64), r.size(300), r.size(64)};
}

Case reduce(Array x, int out, Tolerance tolerance) {
  Case c;
  c.outputs.push_back({Array({x.dims[0], x.dims[2]}, out), tolerance, -1});
  c.inputs.push_back(std::move(x));
  return c;
}

Case sum(Random& r) {
  const int dtype = number_or_half(r);
  Array x = r.array(shape(r), dtype, -1, is_float(dtype) ? 1 : 100);
  const double length = static_cast<double>(x.dims[1]);
  const double absolute = dtype == HEBB_FLOAT64 ? 1e-15 * length : 2e-7 * length;
  const double relative = close_to(dtype, 2e-6, 2e-6).relative;
  return reduce(std::move(x), dtype, is_float(dtype) ? Tolerance{relative, absolute} : Tolerance{});
}

Case mean(Random& r) {
  const int dtype = float_or_half(r);
  Dims dims = shape(r);
  if (dims[1] == 0) dims[1] = 3;
  return reduce(r.array(dims, dtype), dtype, close_to(dtype, 1e-6, 1e-14));
}

Case product(Random& r) {
  const int dtype = number_or_half(r);
  Dims dims = shape(r);
  if (dims[1] > 300) dims[1] = 300;
  return reduce(is_float(dtype) ? r.array(dims, dtype, 0.9, 1.1) : r.array(dims, dtype, 1, 4), dtype,
                is_float(dtype) ? close_to(dtype, 2e-5, 1e-12) : Tolerance{});
}

// Few different values, so that many are equal.
Case extreme(Random& r, int out) {
  const int dtype = number_or_half(r);
  Dims dims = shape(r);
  if (dims[1] == 0) dims[1] = 3;
  Array x = r.array(dims, dtype, -6, 6);
  for (int64_t i = 0; i < x.size(); ++i) x.set(i, std::floor(x.at(i)));
  if (is_float(dtype) && x.size() > 0 && r.chance(0.3)) x.set(r.integer(0, x.size() - 1), std::nan(""));
  return reduce(std::move(x), out < 0 ? dtype : out, {});
}

Case logic(Random& r) {
  Array x = r.array(shape(r), HEBB_BOOL);
  const double mostly = r.chance(0.5) ? 1 : 0;
  for (int64_t i = 0; i < x.size(); ++i)
    if (r.chance(0.99)) x.set(i, mostly);
  return reduce(std::move(x), HEBB_BOOL, {});
}

Case nothing(Random& r) {
  Case c = reduce(r.array({2, 0, 3}, HEBB_FLOAT32), HEBB_FLOAT32, {});
  c.status = HEBB_BAD_RANGE;
  return c;
}

}  // namespace

void add_reductions(Makers& m) {
  m["sum"] = {sum, sum};
  m["mean"] = {mean, nothing};
  m["prod"] = {product};
  for (const char* op : {"max", "min"}) m[op] = {[](Random& r) { return extreme(r, -1); }, nothing};
  for (const char* op : {"argMax", "argMin"}) m[op] = {[](Random& r) { return extreme(r, HEBB_INT32); }};
  for (const char* op : {"all", "any"}) m[op] = {logic};
}

}  // namespace parity
