#include <algorithm>

#include "cases.h"

namespace parity {
namespace {

Case moved(std::vector<Array> inputs, const Dims& y, std::vector<double> attributes = {}) {
  Case c;
  c.outputs.push_back({Array(y, inputs[0].dtype), {}, -1});
  c.inputs = std::move(inputs);
  c.attributes = std::move(attributes);
  return c;
}

Array any(Random& r, int rank, int64_t most) { return r.special(r.dims(rank, most), any_dtype(r), -100, 100); }

Case copy(Random& r) {
  Array x = any(r, 3, 20000);
  const Dims y = {x.size()};
  return moved({std::move(x)}, y);
}

Case transpose(Random& r) {
  const int rank = static_cast<int>(r.integer(0, 5));
  Array x = any(r, rank, 40000);
  std::vector<double> perm(static_cast<size_t>(rank));
  for (int k = 0; k < rank; ++k) perm[static_cast<size_t>(k)] = k;
  for (int k = rank - 1; k > 0; --k) std::swap(perm[static_cast<size_t>(k)], perm[static_cast<size_t>(r.integer(0, k))]);
  Dims y;
  for (const double k : perm) y.push_back(x.dims[static_cast<size_t>(k)]);
  return moved({std::move(x)}, y, perm);
}

Case matrix_transpose(Random& r) {
  const Dims dims = {r.integer(1, 3), r.integer(1, 200), r.integer(1, 200)};
  return moved({r.array(dims, any_dtype(r), 0, 9)}, {dims[0], dims[2], dims[1]}, {0, 2, 1});
}

Case broadcast_to(Random& r) {
  const Dims y = r.dims(static_cast<int>(r.integer(0, 5)), 20000);
  Dims x = y;
  for (int64_t& d : x)
    if (r.chance(0.4)) d = 1;
  return moved({r.special(x, any_dtype(r), -9, 9)}, y);
}

Case concat(Random& r) {
  const int rank = static_cast<int>(r.integer(1, 4)), dtype = any_dtype(r);
  const size_t axis = static_cast<size_t>(r.integer(0, rank - 1));
  Dims dims = r.dims(rank, 5000);
  Dims y = dims;
  y[axis] = 0;
  std::vector<Array> inputs;
  for (int64_t k = r.integer(1, 4); k > 0; --k) {
    dims[axis] = r.integer(0, 9);
    y[axis] += dims[axis];
    inputs.push_back(r.array(dims, dtype, 0, 9));
  }
  return moved(std::move(inputs), y, {static_cast<double>(axis)});
}

// Windows of a large array: start, step and size of each dimension.
struct Window {
  Dims small;
  std::vector<double> attributes;
};

Window window(Random& r, const Dims& large) {
  Window w;
  std::vector<double> steps;
  for (const int64_t n : large) {
    const int64_t step = n > 1 && r.chance(0.4) ? r.integer(2, 3) : 1, most = n > 0 ? (n - 1) / step + 1 : 0;
    const int64_t size = most > 0 ? r.integer(1, most) : 0, room = n - (size > 0 ? (size - 1) * step + 1 : 0);
    const int64_t start = room > 0 && size > 0 ? r.integer(0, room) : 0;
    const bool backwards = size > 1 && r.chance(0.3);
    w.small.push_back(size);
    w.attributes.push_back(static_cast<double>(backwards ? start + (size - 1) * step : start));
    steps.push_back(static_cast<double>(backwards ? -step : step));
  }
  w.attributes.insert(w.attributes.end(), steps.begin(), steps.end());
  return w;
}

Case slice(Random& r) {
  Array x = any(r, static_cast<int>(r.integer(0, 5)), 20000);
  const Window w = window(r, x.dims);
  return moved({std::move(x)}, w.small, w.attributes);
}

Case pad(Random& r) {
  const Dims large = r.dims(static_cast<int>(r.integer(0, 5)), 20000);
  Window w = window(r, large);
  w.attributes.push_back(1);
  return moved({r.array(w.small, any_dtype(r), 0, 9)}, large, w.attributes);
}

Case full(Random& r) {
  Case c;
  c.outputs.push_back({Array(r.dims(2, 20000), any_dtype(r)), {}, -1});
  c.attributes = {1};
  return c;
}

Case arange(Random& r) {
  const int dtype = number_or_half(r);
  Case c;
  c.outputs.push_back({Array({r.integer(0, 60)}, dtype), is_float(dtype) ? close_to(dtype, 1e-6, 1e-14) : Tolerance{}, -1});
  c.attributes = {is_float(dtype) ? r.number(-3, 3) : static_cast<double>(r.integer(0, 9)), is_float(dtype) ? 0.37 : 3};
  return c;
}

Make random(double f32, double f64, double first, double second) {
  return [=](Random& r) {
    const int dtype = float_or_half(r);
    Case c;
    Array state({2}, HEBB_INT64);
    const uint64_t words[2] = {r.bits(), r.bits()};
    std::memcpy(state.bytes.data(), words, sizeof words);
    c.inputs.push_back(state);
    c.outputs.push_back({Array({r.integer(0, 20000)}, dtype), close_to(dtype, f32, f64), -1});
    c.attributes = {first, second};
    return c;
  };
}

Case permutation(Random& r) {
  Case c = random(0, 0, 0, 0)(r);
  c.outputs[0].like = Array({r.integer(0, 20000)}, HEBB_INT32);
  c.attributes.clear();
  return c;
}

}  // namespace

void add_movement(Makers& m) {
  m["copy"] = {copy};
  m["transpose"] = {transpose, matrix_transpose};
  m["broadcastTo"] = {broadcast_to};
  m["concat"] = {concat};
  m["slice"] = {slice};
  m["pad"] = {pad};
  m["full"] = {full};
  m["arange"] = {arange};
  m["randomUniform"] = {random(1e-6, 1e-15, -2, 3)};
  // Near zero of a sine the angle's rounding shows.
  m["randomNormal"] = {random(4e-6, 1e-14, 0.5, 2)};
  m["randomTruncatedNormal"] = {random(1e-6, 1e-13, 0, 1)};
  m["randomPermutation"] = {permutation};
}

}  // namespace parity
