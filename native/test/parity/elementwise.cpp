#include "cases.h"

namespace parity {
namespace {

// One input, one output of the same dims.
Case unary(Array x, int out, Tolerance tolerance, std::vector<double> attributes = {}) {
  Case c;
  c.outputs.push_back({Array(x.dims, out), tolerance, -1});
  c.inputs.push_back(std::move(x));
  c.attributes = std::move(attributes);
  return c;
}

// An op over floats in a domain. Special numbers where `specials`.
Make floats(double low, double high, double f32, double f64, bool specials, std::vector<double> attributes = {}) {
  return [=](Random& r) {
    const int dtype = float_or_half(r);
    const Dims dims = r.dims(static_cast<int>(r.integer(0, 4)), 5000);
    Array x = specials ? r.special(dims, dtype, low, high) : r.array(dims, dtype, low, high);
    return unary(std::move(x), dtype, close_to(dtype, f32, f64), attributes);
  };
}

Make numbers(double f32, double f64) {
  return [=](Random& r) {
    const int dtype = any_number(r);
    const Dims dims = r.dims(static_cast<int>(r.integer(0, 4)), 5000);
    return unary(r.special(dims, dtype, -100, 100), dtype, is_float(dtype) ? close_to(dtype, f32, f64) : Tolerance{});
  };
}

Case test(Random& r) { return unary(r.special(r.dims(2, 5000), float_or_half(r), -1, 1), HEBB_BOOL, {}); }

Case clip(Random& r) {
  const int dtype = any_number(r);
  const double low = r.number(-60, 0);
  return unary(r.special(r.dims(2, 5000), dtype, -100, 100), dtype, {}, {low, low + r.number(0, 60)});
}

Case cast(Random& r) {
  const int from = any_dtype(r), to = any_dtype(r);
  return unary(r.special(r.dims(2, 5000), from, -300, 300), to, {});
}

// Dims that broadcast to `y`: some leading ones dropped, some set to 1.
Dims narrowed(Random& r, const Dims& y) {
  Dims dims = y;
  for (int64_t& d : dims)
    if (r.chance(0.3)) d = 1;
  return dims;
}

// Which is what the inputs make together.
Dims together(const std::vector<Dims>& inputs) {
  Dims y = inputs[0];
  for (const Dims& in : inputs)
    for (size_t d = 0; d < y.size(); ++d)
      if (in[d] != 1) y[d] = in[d];
  return y;
}

struct Sides {
  Array a, b;
  Dims y;
};

Sides sides(Random& r, int dtype, double low, double high, bool specials) {
  const Dims full = r.dims(static_cast<int>(r.integer(0, 5)), 20000);
  const Dims a = narrowed(r, full), b = narrowed(r, full);
  const auto make = [&](const Dims& d) { return specials ? r.special(d, dtype, low, high) : r.array(d, dtype, low, high); };
  return {make(a), make(b), together({a, b})};
}

Case binary(const Sides& s, int out, Tolerance tolerance) {
  Case c;
  c.outputs.push_back({Array(s.y, out), tolerance, -1});
  c.inputs = {s.a, s.b};
  return c;
}

Make arithmetic(double f32, double f64) {
  return [=](Random& r) {
    const int dtype = any_number(r);
    return binary(sides(r, dtype, -100, 100, true), dtype, is_float(dtype) ? close_to(dtype, f32, f64) : Tolerance{});
  };
}

Case divide(Random& r) {
  const int dtype = float_or_half(r);
  return binary(sides(r, dtype, -10, 10, true), dtype, close_to(dtype, 1e-6, 1e-15));
}

Case power(Random& r) {
  const int dtype = any_number(r);
  Sides s = sides(r, dtype, 0, 6, false);
  return binary(s, dtype, is_float(dtype) ? close_to(dtype, 4e-6, 1e-13) : Tolerance{});
}

// Away from multiples of the divisor, where rounding jumps.
Case modulo(Random& r) {
  const int dtype = any_number(r);
  Sides s = sides(r, dtype, -100, 100, false);
  for (int64_t i = 0; i < s.b.size(); ++i)
    s.b.set(i, dtype == HEBB_UINT8 ? r.integer(1, 9) : r.integer(1, 9) * (r.chance(0.5) ? 1 : -1));
  return binary(s, dtype, is_float(dtype) ? close_to(dtype, 1e-5, 1e-13) : Tolerance{});
}

Case modulo_by_zero(Random& r) {
  const int dtype = r.pick<int>({HEBB_INT32, HEBB_INT64, HEBB_UINT8});
  Sides s = sides(r, dtype, 1, 9, false);
  if (s.b.size() == 0 || count(s.y) == 0) return modulo(r);
  s.b.set(r.integer(0, s.b.size() - 1), 0);
  Case c = binary(s, dtype, {});
  c.status = HEBB_BAD_RANGE;
  return c;
}

Case compare(Random& r) {
  const int dtype = r.chance(0.2) ? HEBB_BOOL : any_number(r);
  return binary(sides(r, dtype, -3, 3, true), HEBB_BOOL, {});
}

Case logic(Random& r) { return binary(sides(r, HEBB_BOOL, 0, 1, false), HEBB_BOOL, {}); }

Make gradient(double low, double high, double f32, double f64, std::vector<double> attributes = {}) {
  return [=](Random& r) {
    const int dtype = float_or_half(r);
    const Dims dims = r.dims(2, 5000);
    Case c = unary(r.array(dims, dtype, -2, 2), dtype, close_to(dtype, f32, f64), attributes);
    c.inputs.push_back(r.array(dims, dtype, low, high));
    return c;
  };
}

Case choose(Random& r) {
  const int dtype = any_dtype(r);
  const Dims full = r.dims(static_cast<int>(r.integer(0, 4)), 20000);
  const Dims c = narrowed(r, full), a = narrowed(r, full), b = narrowed(r, full);
  Case made;
  made.inputs = {r.array(c, HEBB_BOOL), r.special(a, dtype, -9, 9), r.special(b, dtype, -9, 9)};
  made.outputs.push_back({Array(together({c, a, b}), dtype), {}, -1});
  return made;
}

Case mismatch(Random& r) {
  Case c;
  c.inputs = {r.array({2, 3}, HEBB_FLOAT32), r.array({2, 4}, HEBB_FLOAT32)};
  c.outputs.push_back({Array({2, 3}, HEBB_FLOAT32), {}, -1});
  c.status = HEBB_BAD_SHAPE;
  return c;
}

Case wrong_dtype(Random& r) {
  Case c = unary(r.array({5}, HEBB_INT32), HEBB_INT32, {});
  c.status = HEBB_BAD_DTYPE;
  return c;
}

}  // namespace

void add_elementwise(Makers& m) {
  for (const char* op : {"neg", "abs", "sign", "relu"}) m[op] = {numbers(0, 0)};
  m["square"] = {numbers(1e-7, 1e-16)};
  m["exp"] = {floats(-80, 80, 2e-6, 1e-14, true), wrong_dtype};
  m["log"] = {floats(0, 100, 2e-6, 1e-14, true)};
  m["log1p"] = {floats(-0.9, 100, 2e-6, 1e-14, true)};
  m["expm1"] = {floats(-20, 80, 2e-6, 1e-14, true)};
  for (const char* op : {"sqrt", "rsqrt", "reciprocal"}) m[op] = {floats(0, 100, 1e-6, 1e-15, true)};
  for (const char* op : {"sin", "cos"}) m[op] = {floats(-1000, 1000, 2e-6, 1e-13, false), floats(-1e8, 1e8, 2e-6, 1e-13, false)};
  for (const char* op : {"tanh", "erf", "sigmoid", "silu", "softplus"}) m[op] = {floats(-12, 12, 2e-6, 1e-14, true)};
  for (const double approximate : {0.0, 1.0}) {
    m["gelu"].push_back(floats(-12, 12, 4e-6, 1e-13, true, {approximate}));
    m["geluGrad"].push_back(gradient(-8, 8, 1e-5, 1e-13, {approximate}));
  }
  m["leakyRelu"] = {floats(-5, 5, 1e-6, 1e-15, true, {0.2})};
  m["elu"] = {floats(-5, 5, 2e-6, 1e-14, true, {1.5})};
  for (const char* op : {"floor", "ceil", "round"}) m[op] = {floats(-100, 100, 0, 0, true)};
  for (const char* op : {"isNaN", "isFinite"}) m[op] = {test};
  m["clip"] = {clip};
  m["logicalNot"] = {[](Random& r) { return unary(r.array(r.dims(2, 5000), HEBB_BOOL), HEBB_BOOL, {}); }};
  m["cast"] = {cast, cast, cast, cast};
  for (const char* op : {"add", "sub", "maximum", "minimum"}) m[op] = {arithmetic(0, 0), arithmetic(0, 0)};
  m["add"].push_back(mismatch);
  m["mul"] = {arithmetic(1e-7, 1e-16)};
  m["div"] = {divide};
  m["pow"] = {power};
  m["mod"] = {modulo, modulo_by_zero};
  for (const char* op : {"equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"}) m[op] = {compare};
  for (const char* op : {"logicalAnd", "logicalOr", "logicalXor"}) m[op] = {logic};
  for (const char* op : {"reluGrad", "tanhGrad", "sigmoidGrad"}) m[op] = {gradient(-1, 1, 1e-6, 1e-15)};
  m["where"] = {choose};
}

}  // namespace parity
