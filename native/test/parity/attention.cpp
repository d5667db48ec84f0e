#include <cmath>

#include "cases.h"

namespace parity {
namespace {

struct Shape {
  int dtype, wide;
  Dims batch;
  int64_t queries, keys, width, values;
  Dims dims(int64_t rows, int64_t columns) const {
    Dims all = batch;
    all.insert(all.end(), {rows, columns});
    return all;
  }
  Dims rows() const {
    Dims all = batch;
    all.push_back(queries);
    return all;
  }
};

Shape shape(Random& r, bool halves) {
  Shape s;
  s.dtype = halves ? r.pick<int>({HEBB_BFLOAT16, HEBB_FLOAT16}) : any_float(r);
  s.wide = halves ? HEBB_FLOAT32 : s.dtype;
  s.batch = r.pick<Dims>({{}, {2}, {2, 2}});
  s.queries = r.chance(0.05) ? 0 : r.integer(1, 100);
  s.keys = r.integer(1, 100);
  // Each of the widths that kernels are made for.
  const int64_t most = r.pick<int64_t>({40, 64, 120, 200, 270});
  s.width = r.chance(0.3) ? most / 8 * 8 : r.integer(1, most);
  s.values = r.chance(0.3) ? most / 8 * 8 : r.integer(1, most);
  return s;
}

// Self-attention of some heads, with queries, keys and values in one operand.
Shape packed_shape(Random& r, bool halves) {
  Shape s = shape(r, halves);
  s.keys = s.queries;
  s.values = s.width;
  s.batch.push_back(r.integer(1, 3));
  return s;
}

// [B…, L, *middle, E], where the batch of the shape ends with the heads.
Dims packed_dims(const Shape& s, const Dims& middle) {
  Dims all(s.batch.begin(), s.batch.end() - 1);
  all.push_back(s.queries);
  all.insert(all.end(), middle.begin(), middle.end());
  all.push_back(s.width);
  return all;
}

// As wide as the scores along each axis, or 1.
Array mask(Random& r, const Shape& s) {
  Dims dims = s.dims(s.queries, s.keys);
  for (int64_t& d : dims)
    if (r.chance(0.4)) d = 1;
  const bool bools = r.chance(0.5);
  Array made = r.array(dims, bools ? HEBB_BOOL : s.dtype, -3, 3);
  for (int64_t i = 0; !bools && i < made.size(); ++i)
    if (r.chance(0.2)) made.set(i, -INFINITY);
  return made;
}

// Scores of a size that softmax does not make sharp.
std::vector<double> attributes(Random& r, const Shape& s) {
  return {r.number(0.5, 1.5) / std::sqrt(static_cast<double>(s.width)), r.chance(0.5) ? 1.0 : 0.0};
}

// Weights are rounded to 16 bits before they are multiplied with values.
Tolerance tolerance(int dtype, double size) {
  if (dtype == HEBB_BFLOAT16) return {1.6e-2, 8e-3 * size};
  if (dtype == HEBB_FLOAT16) return {2e-3, 1e-3 * size};
  return dtype == HEBB_FLOAT32 ? Tolerance{1e-5, 1e-5 * size} : Tolerance{1e-12, 2e-14 * size};
}

Make forward(bool halves) {
  return [=](Random& r) {
    const Shape s = shape(r, halves);
    Case c;
    c.inputs = {r.array(s.dims(s.queries, s.width), s.dtype, -2, 2), r.array(s.dims(s.keys, s.width), s.dtype, -2, 2),
                r.array(s.dims(s.keys, s.values), s.dtype, -2, 2)};
    if (r.chance(0.5)) c.inputs.push_back(mask(r, s));
    c.outputs = {{Array(s.dims(s.queries, s.values), s.dtype), tolerance(s.dtype, 1), -1},
                 {Array(s.rows(), s.wide), tolerance(s.wide, 8), -1}};
    c.attributes = attributes(r, s);
    return c;
  };
}

// Log-sum-exps that some rows of scores could have.
Array some_log_sums(Random& r, const Shape& s) {
  // A mask may have raised all scores.
  const double least = std::log(static_cast<double>(s.keys)) + 1;
  return r.array(s.rows(), s.wide, least, 2 + least);
}

Make backward(bool halves) {
  return [=](Random& r) {
    const Shape s = shape(r, halves);
    const Dims result = s.dims(s.queries, s.values);
    Case c;
    c.inputs = {r.array(result, s.dtype),
                r.array(s.dims(s.queries, s.width), s.dtype, -2, 2),
                r.array(s.dims(s.keys, s.width), s.dtype, -2, 2),
                r.array(s.dims(s.keys, s.values), s.dtype, -2, 2),
                r.array(result, s.dtype),
                some_log_sums(r, s)};
    if (r.chance(0.5)) c.inputs.push_back(mask(r, s));
    c.attributes = attributes(r, s);
    const double size = 4 + std::sqrt(static_cast<double>(s.values));
    for (int i = 1; i < 4; ++i) c.outputs.push_back({Array(c.inputs[i].dims, s.dtype), tolerance(s.dtype, size), -1});
    return c;
  };
}

Make packed_forward(bool halves) {
  return [=](Random& r) {
    const Shape s = packed_shape(r, halves);
    Case c;
    c.inputs = {r.array(packed_dims(s, {3, s.batch.back()}), s.dtype, -2, 2)};
    if (r.chance(0.5)) c.inputs.push_back(mask(r, s));
    c.outputs = {{Array(packed_dims(s, {s.batch.back()}), s.dtype), tolerance(s.dtype, 1), -1},
                 {Array(s.rows(), s.wide), tolerance(s.wide, 8), -1}};
    c.attributes = attributes(r, s);
    return c;
  };
}

Make packed_backward(bool halves) {
  return [=](Random& r) {
    const Shape s = packed_shape(r, halves);
    const Dims result = packed_dims(s, {s.batch.back()});
    Case c;
    c.inputs = {r.array(result, s.dtype), r.array(packed_dims(s, {3, s.batch.back()}), s.dtype, -2, 2), r.array(result, s.dtype),
                some_log_sums(r, s)};
    if (r.chance(0.5)) c.inputs.push_back(mask(r, s));
    c.attributes = attributes(r, s);
    c.outputs = {{Array(c.inputs[1].dims, s.dtype), tolerance(s.dtype, 4 + std::sqrt(static_cast<double>(s.values))), -1}};
    return c;
  };
}

}  // namespace

void add_attention(Makers& m) {
  m["attention"] = {forward(false), forward(true), packed_forward(false), packed_forward(true)};
  m["attentionGrad"] = {backward(false), backward(true), packed_backward(false), packed_backward(true)};
}

}  // namespace parity
