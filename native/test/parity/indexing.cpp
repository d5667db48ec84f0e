#include "cases.h"

namespace parity {
namespace {

int index_dtype(Random& r) { return r.chance(0.6) ? HEBB_INT32 : HEBB_INT64; }

Array indices(Random& r, const Dims& dims, int dtype, int64_t n) {
  Array k(dims, dtype);
  for (int64_t i = 0; i < k.size(); ++i) k.set(i, static_cast<double>(r.integer(0, n - 1)));
  return k;
}

// One or two indices out of [0, n): both backends must name the first.
void spoil(Random& r, Array& k, int64_t n, Case& c) {
  if (k.size() == 0 || count(c.outputs[0].like.dims) == 0) return;
  for (int i = 0; i < 2; ++i)
    k.set(r.integer(0, k.size() - 1), k.dtype == HEBB_UINT8 || r.chance(0.5) ? static_cast<double>(n + r.integer(0, 3)) : -1.0);
  c.status = HEBB_BAD_RANGE;
}

struct Sizes {
  int64_t o, n, m, i;
};
Sizes sizes(Random& r) {
  const int64_t i = r.chance(0.3) ? 1 : r.integer(1, 300);
  return {r.integer(1, 4), r.integer(1, 50), r.integer(0, 300), i};
}

Make gather(bool bad) {
  return [=](Random& r) {
    const Sizes s = sizes(r);
    const int dtype = any_dtype(r);
    Case c;
    c.outputs.push_back({Array({s.o, s.m, s.i}, dtype), {}, -1});
    Array k = indices(r, {s.m}, index_dtype(r), s.n);
    if (bad) spoil(r, k, s.n, c);
    c.inputs = {r.special({s.o, s.n, s.i}, dtype, -9, 9), k};
    return c;
  };
}

Make scatter(bool bad, bool along) {
  return [=](Random& r) {
    const Sizes s = sizes(r);
    const int dtype = number_or_half(r);
    Case c;
    c.outputs.push_back({Array({s.o, s.n, s.i}, dtype), {}, -1});
    Array k = indices(r, along ? Dims{s.o, s.m, s.i} : Dims{s.m}, index_dtype(r), s.n);
    if (bad) spoil(r, k, s.n, c);
    c.inputs = {r.array({s.o, s.m, s.i}, dtype, -9, 9), k};
    return c;
  };
}

Make take(bool bad) {
  return [=](Random& r) {
    const Sizes s = sizes(r);
    const int dtype = any_dtype(r);
    Case c;
    c.outputs.push_back({Array({s.o, s.m, s.i}, dtype), {}, -1});
    Array k = indices(r, {s.o, s.m, s.i}, index_dtype(r), s.n);
    if (bad) spoil(r, k, s.n, c);
    c.inputs = {r.special({s.o, s.n, s.i}, dtype, -9, 9), k};
    return c;
  };
}

Make one_hot(bool bad) {
  return [=](Random& r) {
    const int64_t depth = r.integer(1, 100);
    Case c;
    c.outputs.push_back({Array({r.integer(0, 500), depth}, any_dtype(r)), {}, -1});
    Array k = indices(r, {c.outputs[0].like.dims[0]}, r.chance(0.3) ? HEBB_UINT8 : index_dtype(r), depth);
    if (bad) spoil(r, k, depth, c);
    c.inputs = {k};
    c.attributes = {1, 0};
    return c;
  };
}

Make cross_entropy(bool gradient, bool bad) {
  return [=](Random& r) {
    const int dtype = float_or_half(r), per_row = wide(dtype);
    const int64_t n = r.integer(1, 300), classes = r.chance(0.1) ? 1500 : r.integer(1, 120);
    const int64_t columns = r.chance(0.3) ? classes + r.integer(0, 9) : classes;
    Case c;
    const int out = gradient ? dtype : per_row;
    c.outputs.push_back({Array(gradient ? Dims{n, columns} : Dims{n}, out), close_to(out, 1e-5, 1e-12), -1});
    Array k = indices(r, {n}, classes <= 200 && r.chance(0.3) ? HEBB_UINT8 : index_dtype(r), classes);
    if (bad) spoil(r, k, classes, c);
    if (gradient) c.inputs.push_back(r.array({n}, per_row));
    c.inputs.push_back(r.array({n, columns}, dtype, -10, 10));
    c.inputs.push_back(k);
    if (columns != classes) c.attributes = {static_cast<double>(classes)};
    return c;
  };
}

}  // namespace

void add_indexing(Makers& m) {
  m["gather"] = {gather(false), gather(true)};
  m["scatterAdd"] = {scatter(false, false), scatter(true, false)};
  m["takeAlongAxis"] = {take(false), take(true)};
  m["scatterAddAlongAxis"] = {scatter(false, true), scatter(true, true)};
  m["oneHot"] = {one_hot(false), one_hot(true)};
  m["softmaxCrossEntropy"] = {cross_entropy(false, false), cross_entropy(false, true)};
  m["softmaxCrossEntropyGrad"] = {cross_entropy(true, false), cross_entropy(true, true)};
}

}  // namespace parity
