// Random cases of every op: what goes in, what comes out, and how far two backends may differ.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "arrays.h"

namespace parity {

// |a - b| <= absolute + relative |b|; both 0: the same bits, except that any NaN equals any other.
struct Tolerance {
  double relative = 0, absolute = 0;
};

struct Output {
  Array like;  // dims and dtype
  Tolerance tolerance;
  int alias = -1;  // the input that it overwrites
};

struct Case {
  std::vector<Output> outputs;
  std::vector<Array> inputs;
  std::vector<double> attributes;
  // Elements in front of each array: parts of other arrays begin anywhere.
  int64_t skip = 0;
  // What both must say; where it is not HEBB_OK, both must say it in the same words.
  int status = HEBB_OK;
};

using Make = std::function<Case(Random&)>;

// Makers by op; an op may have several. Each is called as often as there are rounds.
using Makers = std::map<std::string, std::vector<Make>>;

void add_elementwise(Makers& makers);
void add_reductions(Makers& makers);
void add_movement(Makers& makers);
void add_indexing(Makers& makers);
void add_linear(Makers& makers);
void add_normalization(Makers& makers);
void add_optimizers(Makers& makers);
void add_compiled(Makers& makers);
void add_attention(Makers& makers);

// The 16-bit floats are computed in float32: one rounding apart.
inline Tolerance close_to(int dtype, double f32, double f64) {
  if (dtype == HEBB_BFLOAT16) return {8e-3 + f32, 1e-6 + f32};
  if (dtype == HEBB_FLOAT16) return {1e-3 + f32, 1e-6 + f32};
  return dtype == HEBB_FLOAT32 ? Tolerance{f32, f32} : Tolerance{f64, f64};
}

inline int any_float(Random& r) { return r.chance(0.7) ? HEBB_FLOAT32 : HEBB_FLOAT64; }
inline int float_or_half(Random& r) { return r.chance(0.6) ? any_float(r) : r.chance(0.5) ? HEBB_BFLOAT16 : HEBB_FLOAT16; }
// What sums and statistics of them are made in.
inline int wide(int dtype) { return dtype == HEBB_BFLOAT16 || dtype == HEBB_FLOAT16 ? HEBB_FLOAT32 : dtype; }

// 16-bit numbers are rounded before something is added that may leave little of them.
inline void add_rounded_sum(Tolerance& t, int dtype) {
  if (dtype != wide(dtype)) t.absolute += 8 * close_to(dtype, 0, 0).relative;
}
inline int any_number(Random& r) {
  return r.pick<int>({HEBB_FLOAT32, HEBB_FLOAT32, HEBB_FLOAT64, HEBB_INT32, HEBB_INT64, HEBB_UINT8});
}
inline int number_or_half(Random& r) { return r.chance(0.3) ? float_or_half(r) : any_number(r); }
inline int any_dtype(Random& r) { return static_cast<int>(r.integer(0, HEBB_DTYPE_COUNT - 1)); }

}  // namespace parity
