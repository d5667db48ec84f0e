#include "arrays.h"

#include <cmath>
#include <limits>

#include "math/halves.h"

namespace parity {
namespace {

template <typename T>
T read(const Array& a, int64_t i) {
  T value;
  std::memcpy(&value, a.bytes.data() + i * static_cast<int64_t>(sizeof value), sizeof value);
  return value;
}

template <typename T>
void write(Array& a, int64_t i, T value) {
  std::memcpy(a.bytes.data() + i * static_cast<int64_t>(sizeof value), &value, sizeof value);
}

}  // namespace

double Array::at(int64_t i) const {
  switch (dtype) {
    case HEBB_FLOAT32:
      return read<float>(*this, i);
    case HEBB_FLOAT64:
      return read<double>(*this, i);
    case HEBB_BFLOAT16:
      return hebb::math::bfloat16_to_float(read<uint16_t>(*this, i));
    case HEBB_FLOAT16:
      return hebb::math::float16_to_float(read<uint16_t>(*this, i));
    case HEBB_INT32:
      return read<int32_t>(*this, i);
    case HEBB_INT64:
      return static_cast<double>(read<int64_t>(*this, i));
    default:
      return read<uint8_t>(*this, i);
  }
}

void Array::set(int64_t i, double value) {
  switch (dtype) {
    case HEBB_FLOAT32:
      return write(*this, i, static_cast<float>(value));
    case HEBB_FLOAT64:
      return write(*this, i, value);
    case HEBB_BFLOAT16:
      return write(*this, i, hebb::math::float_to_bfloat16(static_cast<float>(value)));
    case HEBB_FLOAT16:
      return write(*this, i, hebb::math::float_to_float16(static_cast<float>(value)));
    case HEBB_INT32:
      return write(*this, i, static_cast<int32_t>(value));
    case HEBB_INT64:
      return write(*this, i, static_cast<int64_t>(value));
    default:
      return write(*this, i, static_cast<uint8_t>(value));
  }
}

hebb_view Array::view(void* data) const {
  hebb_view v = {};
  v.data = data;
  v.rank = static_cast<int32_t>(dims.size());
  v.dtype = dtype;
  for (size_t d = 0; d < dims.size() && d < HEBB_MAX_RANK; ++d) v.dims[d] = dims[d];
  return v;
}

std::string Array::text() const {
  std::string t = std::string(dtype_name(dtype)) + "[";
  for (size_t d = 0; d < dims.size(); ++d) t += (d > 0 ? ", " : "") + std::to_string(dims[d]);
  return t + "]";
}

int64_t Random::size(int64_t most) {
  static const std::vector<int64_t> favourites = {1, 1, 2, 3, 5, 8, 17, 31, 32, 33, 64, 100, 128, 255, 257, 300, 1000, 1025};
  if (chance(0.02)) return 0;
  for (int tries = 0; tries < 20; ++tries) {
    const int64_t n = pick(favourites);
    if (n <= most) return n;
  }
  return 1;
}

Dims Random::dims(int rank, int64_t most) {
  Dims dims;
  int64_t left = most;
  for (int d = 0; d < rank; ++d) {
    dims.push_back(size(left));
    left /= dims.back() > 0 ? dims.back() : 1;
  }
  return dims;
}

Array Random::array(const Dims& dims, int dtype, double low, double high) {
  Array a(dims, dtype);
  for (int64_t i = 0; i < a.size(); ++i) {
    const double value = number(low, high);
    if (dtype == HEBB_BOOL)
      a.set(i, chance(0.5) ? 1 : 0);
    else
      a.set(i, is_float(dtype) ? value : std::floor(dtype == HEBB_UINT8 ? std::fabs(value) : value));
  }
  return a;
}

Array Random::special(const Dims& dims, int dtype, double low, double high) {
  Array a = array(dims, dtype, low, high);
  if (!is_float(dtype)) return a;
  const double infinity = std::numeric_limits<double>::infinity();
  static const std::vector<double> values = {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 1e30, -1e30, 1e-30};
  for (int64_t i = 0; i < a.size(); ++i) {
    if (!chance(0.2)) continue;
    const double choice = number(0, 1);
    a.set(i, choice < 0.1 ? std::nan("") : choice < 0.2 ? infinity : choice < 0.3 ? -infinity : pick(values));
  }
  return a;
}

}  // namespace parity
