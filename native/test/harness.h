// Drives kernels through the C table, as the addon does. Arrays own guarded memory, so that a sanitizer sees every overrun.
//
//   Array y = run("add", {Array::of<float>({1, 2}), Array::of<float>({3, 4})}, {2});
//   EXPECT_ARRAY(y, {4, 6});
//   expect_refused(HEBB_BAD_SHAPE, "add", {a, b}, out);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "hebb/abi.h"

namespace hebb_test {

using Dims = std::vector<int64_t>;
using Attributes = std::vector<double>;

// The backend under test (HEBB_TEST_LIBRARY, or the baseline library).
const hebb_backend& table();

// The opcode of a name; fails the test for an unknown one.
uint32_t opcode(const std::string& name);

size_t dtype_size(int dtype);

template <typename T>
constexpr int dtype_of();
template <>
constexpr int dtype_of<float>() {
  return HEBB_FLOAT32;
}
template <>
constexpr int dtype_of<double>() {
  return HEBB_FLOAT64;
}
template <>
constexpr int dtype_of<int32_t>() {
  return HEBB_INT32;
}
template <>
constexpr int dtype_of<int64_t>() {
  return HEBB_INT64;
}
template <>
constexpr int dtype_of<uint8_t>() {
  return HEBB_UINT8;
}
template <>
constexpr int dtype_of<bool>() {
  return HEBB_BOOL;
}

inline int64_t count(const Dims& dims) {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

// Memory at lines of the cache, as the engine's own: some kernels write otherwise there.
template <typename T>
struct Aligned {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  Aligned() = default;
  template <typename U>
  Aligned(const Aligned<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kLine)); }
  void deallocate(T* data, size_t) { ::operator delete(data, kLine); }
  bool operator==(const Aligned&) const { return true; }
  bool operator!=(const Aligned&) const { return false; }
};
using Bytes = std::vector<uint8_t, Aligned<uint8_t>>;

// A dense array that owns its bytes. Unset elements are 0xCD, so that a kernel that forgets one shows.
class Array {
 public:
  Array() = default;
  Array(Dims dims, int dtype) : dims_(std::move(dims)), dtype_(dtype), bytes_(count(dims_) * dtype_size(dtype), 0xCD) {}

  // T decides the dtype; bool makes HEBB_BOOL. Without dims the array is a vector.
  template <typename T>
  static Array of(const std::vector<T>& values, Dims dims) {
    Array a(std::move(dims), dtype_of<T>());
    EXPECT_EQ(static_cast<size_t>(count(a.dims_)), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const T value = values[i];
      std::memcpy(a.bytes_.data() + i * sizeof(T), &value, sizeof(T));
    }
    return a;
  }
  template <typename T>
  static Array of(const std::vector<T>& values) {
    return of<T>(values, {static_cast<int64_t>(values.size())});
  }
  template <typename T>
  static Array scalar(T value) {
    return of<T>({value}, {});
  }
  // Uniform random numbers; integers are rounded down.
  template <typename T>
  static Array random(Dims dims, double low = -1, double high = 1, unsigned seed = 1) {
    std::mt19937_64 engine(seed);
    std::uniform_real_distribution<double> uniform(low, high);
    Array a(std::move(dims), dtype_of<T>());
    for (int64_t i = 0; i < a.size(); ++i) a.at<T>(i) = static_cast<T>(uniform(engine));
    return a;
  }

  int64_t size() const { return count(dims_); }
  int dtype() const { return dtype_; }
  const Dims& dims() const { return dims_; }
  const Bytes& bytes() const { return bytes_; }
  void* data() { return bytes_.data(); }

  template <typename T>
  T& at(int64_t i) {
    return reinterpret_cast<T*>(bytes_.data())[i];
  }
  template <typename T>
  const T& at(int64_t i) const {
    return reinterpret_cast<const T*>(bytes_.data())[i];
  }
  // Any element as a double, whatever the dtype (bfloat16 and float16 as their bits).
  double value(int64_t i) const;
  // The same bytes under other dimensions.
  Array reshaped(Dims dims) const {
    Array a = *this;
    a.dims_ = std::move(dims);
    EXPECT_EQ(a.size(), size());
    return a;
  }

  hebb_view view() const;

 private:
  Dims dims_;
  int dtype_ = HEBB_FLOAT32;
  Bytes bytes_;
};

struct Result {
  int status = HEBB_OK;
  std::string message;
};

// Runs an op on outputs given by the caller, and returns what it said.
Result call(const std::string& op, std::vector<Array*> outputs, const std::vector<Array>& inputs,
            const Attributes& attributes = {});

// Runs an op with one fresh output and fails the test when the op refuses. The dtype defaults to the first input's.
Array run(const std::string& op, const std::vector<Array>& inputs, const Dims& dims, const Attributes& attributes = {},
          int dtype = -1);
// Of another dtype.
Array rounded(const Array& x, int dtype);

// Compares with |actual - expected| <= absolute + relative * |expected|; NaN equals NaN, infinities by sign.
testing::AssertionResult near(const Array& actual, const std::vector<double>& expected, double relative, double absolute);
testing::AssertionResult same_bits(const Array& a, const Array& b);

// Runs an op with 1, 2, 3 and 8 threads and fails unless all outputs have the same bits.
void expect_thread_independent(const std::string& op, const std::vector<Array>& inputs, const std::vector<Array>& output_likes,
                               const Attributes& attributes = {});

// Fails unless the op refuses with this status and a message that starts with the op's name.
void expect_refused(int status, const std::string& op, const std::vector<Array>& inputs, Array output,
                    const Attributes& attributes = {});

}  // namespace hebb_test

#define EXPECT_ARRAY(actual, ...) EXPECT_TRUE(hebb_test::near((actual), std::vector<double> __VA_ARGS__, 0, 0))
#define EXPECT_ARRAY_NEAR(actual, tolerance, ...) \
  EXPECT_TRUE(hebb_test::near((actual), std::vector<double> __VA_ARGS__, (tolerance), (tolerance)))
