// Benchmarks over the C table: arrays, one measured call, and the machine's peaks to compare with.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hebb/abi.h"

namespace hebb_bench {

// What all threads together reach on this machine.
struct Peaks {
  double flops;        // float32 multiply-adds, counted as two
  double bf16_flops;   // the same of bfloat16 into float32; 0: no such instructions
  double read_bytes;   // reading an array that no cache holds
  double triad_bytes;  // a = b + s c
};

const hebb_backend& table();
void open_table(const std::string& path);
const Peaks& peaks();
void measure_peaks();

using Dims = std::vector<int64_t>;

// An array from the backend's own allocator, filled with small numbers.
class Array {
 public:
  explicit Array(Dims dims, int dtype = HEBB_FLOAT32);
  Array(Array&& other) noexcept : view_(other.view_), bytes_(other.bytes_) { other.view_.data = nullptr; }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array();

  hebb_view view() const { return view_; }
  uint64_t bytes() const { return bytes_; }
  template <typename T>
  T* data() {
    return static_cast<T*>(view_.data);
  }

 private:
  hebb_view view_ = {};
  uint64_t bytes_ = 0;
};

// Repeats one call for as long as the benchmark asks; reports FLOP/s and bytes/s, and the share of the peak that is nearer.
void measure(benchmark::State& state, const std::string& op, const std::vector<Array>& inputs, const std::vector<Array>& outputs,
             const std::vector<double>& attributes, double flops);

void register_elementwise();
void register_matmul();
void register_conv2d();

}  // namespace hebb_bench
