#include "cases.h"

namespace parity {
namespace {

Array scalar(int dtype, double value) {
  Array a({}, dtype);
  a.set(0, value);
  return a;
}

// A few parameters of any size, or so many small ones that a GPU updates them in several launches.
struct Parameters {
  int64_t count, most;
  explicit Parameters(Random& r) : count(r.integer(1, 4)), most(5000) {
    if (r.chance(0.2)) count = r.integer(40, 140), most = 60;
  }
};

// Outputs stand where their inputs were, as in training; one call updates several parameters.
Case sgd(Random& r) {
  const int dtype = float_or_half(r);
  const bool momentum = r.chance(0.6), alias = r.chance(0.7);
  const Tolerance t = close_to(dtype, 1e-6, 1e-15);
  const Parameters parameters(r);
  Case c;
  for (int64_t i = 0; i < parameters.count; ++i) {
    const Dims dims = r.dims(2, parameters.most);
    const int first = static_cast<int>(c.inputs.size());
    for (int k = 0; k < (momentum ? 3 : 2); ++k) c.inputs.push_back(r.array(dims, dtype));
    c.outputs.push_back({Array(dims, dtype), t, alias ? first : -1});
    if (momentum) c.outputs.push_back({Array(dims, dtype), t, alias ? first + 2 : -1});
  }
  c.inputs.push_back(scalar(dtype, 0.1));
  c.attributes = {momentum ? 0.9 : 0, momentum && r.chance(0.5) ? 1.0 : 0.0, r.chance(0.5) ? 0.01 : 0};
  return c;
}

Case adam(Random& r) {
  const int dtype = float_or_half(r);
  const Tolerance t = close_to(dtype, 4e-6, 1e-13);
  const bool alias = r.chance(0.7);
  const Parameters parameters(r);
  Case c;
  for (int64_t i = 0; i < parameters.count; ++i) {
    const Dims dims = r.dims(2, parameters.most);
    const int first = static_cast<int>(c.inputs.size());
    for (int k = 0; k < 3; ++k) c.inputs.push_back(r.array(dims, dtype));
    c.inputs.push_back(r.array(dims, dtype, 0, 1));
    for (const int from : {0, 2, 3}) c.outputs.push_back({Array(dims, dtype), t, alias ? first + from : -1});
  }
  c.inputs.push_back(scalar(dtype, 1e-2));
  c.inputs.push_back(scalar(dtype, static_cast<double>(r.integer(1, 1000))));
  c.attributes = {0.9, 0.999, 1e-8, r.chance(0.5) ? 0.01 : 0, r.chance(0.5) ? 1.0 : 0.0};
  return c;
}

Case adam_at_zero(Random& r) {
  Case c = adam(r);
  c.inputs.back().set(0, 0);
  c.status = HEBB_BAD_RANGE;
  return c;
}

}  // namespace

void add_optimizers(Makers& m) {
  m["sgdUpdate"] = {sgd, sgd};
  m["adamUpdate"] = {adam, adam_at_zero};
}

}  // namespace parity
