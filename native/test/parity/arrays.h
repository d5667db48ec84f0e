// Arrays in host memory, and random ones, for comparing two backends.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "hebb/abi.h"

namespace parity {

using Dims = std::vector<int64_t>;

inline int64_t count(const Dims& dims) {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

inline int64_t width(int dtype) {
  static const int64_t bytes[] = {4, 8, 2, 2, 4, 8, 1, 1};
  return bytes[dtype];
}

inline const char* dtype_name(int dtype) {
  static const char* const names[] = {"float32", "float64", "bfloat16", "float16", "int32", "int64", "uint8", "bool"};
  return names[dtype];
}

inline bool is_float(int dtype) { return dtype <= HEBB_FLOAT16; }

struct Array {
  Dims dims;
  int dtype = HEBB_FLOAT32;
  std::vector<uint8_t> bytes;

  Array() = default;
  Array(Dims d, int t) : dims(std::move(d)), dtype(t), bytes(static_cast<size_t>(count(dims) * width(t)), 0xCD) {}
  int64_t size() const { return count(dims); }
  double at(int64_t i) const;         // any dtype as a number
  void set(int64_t i, double value);  // rounds to the dtype; the halves by truncation
  hebb_view view(void* data) const;
  std::string text() const;  // "float32[2, 3]"
};

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int64_t integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine_); }
  double number(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  bool chance(double p) { return number(0, 1) < p; }
  template <typename T>
  T pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(integer(0, static_cast<int64_t>(from.size()) - 1))];
  }
  // A size: often small or awkward, sometimes past a block of threads, rarely zero.
  int64_t size(int64_t most);
  Dims dims(int rank, int64_t most);
  // Uniform in [low, high]; integers whole.
  Array array(const Dims& dims, int dtype, double low = -1, double high = 1);
  // The same with zeros, infinities, NaN and large numbers among them.
  Array special(const Dims& dims, int dtype, double low, double high);
  uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace parity
