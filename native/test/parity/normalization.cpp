#include "cases.h"

namespace parity {
namespace {

Dims middle(Random& r) {
  if (r.chance(0.4)) return {r.size(300), r.chance(0.2) ? 3000 : r.size(300), 1};
  return {r.size(20), r.size(100), r.size(64)};
}

Case softmax(Random& r) {
  const int dtype = float_or_half(r);
  const Dims dims = middle(r);
  Case c;
  c.inputs = {r.array(dims, dtype, -20, 20)};
  c.outputs.push_back({Array(dims, dtype), close_to(dtype, 1e-5, 1e-13), -1});
  return c;
}

// y is what the op takes for its output: probabilities, or their logarithms.
Make softmax_grad(double low, double high) {
  return [=](Random& r) {
    const int dtype = float_or_half(r);
    const Dims dims = middle(r);
    const double length = static_cast<double>(dims[1]) + 8;
    Case c;
    c.inputs = {r.array(dims, dtype), r.array(dims, dtype, low, high)};
    Tolerance t = close_to(dtype, 1e-5, 1e-13);
    t.absolute = (dtype == HEBB_FLOAT64 ? 1e-15 : 4e-7) * length;
    c.outputs.push_back({Array(dims, dtype), t, -1});
    return c;
  };
}

struct Rows {
  int dtype;
  int64_t m, d;
  Tolerance tolerance;
};

Rows rows(Random& r) {
  const int dtype = float_or_half(r);
  const int64_t m = r.chance(0.1) ? 20000 : r.integer(2, 400), d = m > 400 ? r.integer(1, 20) : r.integer(2, 300);
  return {dtype, m, d, close_to(dtype, 2e-5, 1e-12)};
}

// A mean far from zero must cost no digits.
Array values(Random& r, const Rows& s) {
  const double far = r.chance(0.3) ? 10 : 0;
  return r.array({s.m, s.d}, s.dtype, far - 2, far + 2);
}

Make forward(bool batch) {
  return [=](Random& r) {
    const Rows s = rows(r);
    const int64_t per = batch ? s.d : s.m;
    const int beside = wide(s.dtype);
    const Tolerance statistics = close_to(beside, 2e-5, 1e-12);
    Case c;
    c.inputs = {values(r, s), r.array({s.d}, beside, 0.5, 2), r.array({s.d}, beside)};
    c.outputs = {{Array({s.m, s.d}, s.dtype), s.tolerance, -1},
                 {Array({per}, beside), statistics, -1},
                 {Array({per}, beside), statistics, -1}};
    c.attributes = {1e-3};
    if (batch && r.chance(0.5)) {
      c.inputs.push_back(r.array({s.m, s.d}, s.dtype));
      add_rounded_sum(c.outputs[0].tolerance, s.dtype);
    }
    if (batch && r.chance(0.5)) c.attributes.push_back(r.chance(0.5) ? 1 : 0);
    return c;
  };
}

Make backward(bool batch) {
  return [=](Random& r) {
    const Rows s = rows(r);
    const int64_t per = batch ? s.d : s.m;
    const int beside = wide(s.dtype);
    const double sum = (s.dtype == HEBB_FLOAT64 ? 1e-14 : 1e-6) * static_cast<double>(s.m + 8);
    const Tolerance sums = {close_to(beside, 2e-5, 1e-12).relative, sum};
    Case c;
    c.inputs = {r.array({s.m, s.d}, s.dtype), r.array({s.m, s.d}, s.dtype, -2, 2), r.array({s.d}, beside, 0.5, 2),
                r.array({per}, beside, -0.1, 0.1), r.array({per}, beside, 0.5, 1.5)};
    c.outputs = {
        {Array({s.m, s.d}, s.dtype), s.tolerance, -1}, {Array({s.d}, beside), sums, -1}, {Array({s.d}, beside), sums, -1}};
    if (batch) c.attributes = {1e-3};
    if (batch && r.chance(0.5)) c.inputs.push_back(r.array({s.m, s.d}, s.dtype));
    return c;
  };
}

}  // namespace

void add_normalization(Makers& m) {
  m["softmax"] = {softmax};
  m["logSoftmax"] = {softmax};
  m["softmaxGrad"] = {softmax_grad(0, 1)};
  m["logSoftmaxGrad"] = {softmax_grad(-8, 0)};
  m["batchNorm"] = {forward(true)};
  m["batchNormGrad"] = {backward(true)};
  m["layerNorm"] = {forward(false)};
  m["layerNormGrad"] = {backward(false)};
}

}  // namespace parity
