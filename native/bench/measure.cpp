#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "bench.h"

namespace hebb_bench {
namespace {

uint32_t opcode(const std::string& name) {
  for (uint32_t op = 0; op < table().op_count; ++op)
    if (name == table().op_name(op)) return op;
  throw std::runtime_error("unknown op " + name);
}

}  // namespace

Array::Array(Dims dims, int dtype) {
  view_.rank = static_cast<int32_t>(dims.size());
  view_.dtype = dtype;
  bytes_ = dtype == HEBB_FLOAT64 || dtype == HEBB_INT64 ? 8 : 4;
  for (size_t i = 0; i < dims.size(); ++i) {
    view_.dims[i] = dims[i];
    bytes_ *= static_cast<uint64_t>(dims[i]);
  }
  hebb_error error = {};
  if (table().allocate(bytes_, &view_.data, &error) != HEBB_OK) throw std::runtime_error(error.message);
  std::memset(view_.data, 0, bytes_);
  if (dtype != HEBB_FLOAT32) return;
  for (uint64_t i = 0; i < bytes_ / 4; ++i) data<float>()[i] = static_cast<float>(i * 7919 % 1009) / 1009.0f - 0.5f;
}

Array::~Array() {
  if (view_.data != nullptr) table().release(view_.data, bytes_);
}

void measure(benchmark::State& state, const std::string& op, const std::vector<Array>& inputs, const std::vector<Array>& outputs,
             const std::vector<double>& attributes, double flops) {
  std::vector<hebb_view> in, out;
  double bytes = 0, written = 0;
  for (const Array& array : inputs) in.push_back(array.view()), bytes += static_cast<double>(array.bytes());
  for (const Array& array : outputs) out.push_back(array.view()), written += static_cast<double>(array.bytes());
  const hebb_call call = {opcode(op),
                          static_cast<uint32_t>(out.size()),
                          static_cast<uint32_t>(in.size()),
                          static_cast<uint32_t>(attributes.size()),
                          out.data(),
                          in.data(),
                          attributes.data()};
  hebb_error error = {};
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    if (table().run(&call, &error) != HEBB_OK) {
      state.SkipWithError(error.message);
      return;
    }
  }
  // The relevant peak is the one that would take longer; with hardly any output, that of reading. Operands that a cache holds
  // can go past 100% of memory.
  const double bandwidth = written * 8 < bytes ? peaks().read_bytes : peaks().triad_bytes;
  bytes += written;
  const double least = std::max(flops / peaks().flops, bytes / bandwidth);
  const double runs = static_cast<double>(state.iterations());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (flops > 0) state.counters["FLOP/s"] = flops * runs / seconds;
  state.counters["B/s"] = bytes * runs / seconds;
  state.counters["peak%"] = 100 * least * runs / seconds;
}

}  // namespace hebb_bench
