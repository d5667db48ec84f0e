// Kernels that memory limits: elementwise, sums, softmax, normalisation, pooling.
#include "bench.h"

namespace hebb_bench {
namespace {

void unary(benchmark::State& state, const std::string& op) {
  const int64_t n = state.range(0);
  std::vector<Array> in, out;
  in.emplace_back(Dims{n});
  out.emplace_back(Dims{n});
  measure(state, op, in, out, {}, 0);
}

void binary(benchmark::State& state, const std::string& op) {
  const int64_t n = state.range(0);
  std::vector<Array> in, out;
  in.emplace_back(Dims{n});
  in.emplace_back(Dims{n});
  out.emplace_back(Dims{n});
  measure(state, op, in, out, {}, 0);
}

void sum(benchmark::State& state, const Dims& x) {
  std::vector<Array> in, out;
  in.emplace_back(x);
  out.emplace_back(Dims{x[0], x[2]});
  measure(state, "sum", in, out, {}, 0);
}

void softmax(benchmark::State& state, int64_t rows, int64_t classes) {
  std::vector<Array> in, out;
  in.emplace_back(Dims{rows, classes, 1});
  out.emplace_back(Dims{rows, classes, 1});
  measure(state, "softmax", in, out, {}, 0);
}

void norm(benchmark::State& state, const std::string& op, int64_t rows, int64_t width) {
  const int64_t statistics = op == "batchNorm" ? width : rows;
  std::vector<Array> in, out;
  in.emplace_back(Dims{rows, width});
  in.emplace_back(Dims{width});
  in.emplace_back(Dims{width});
  out.emplace_back(Dims{rows, width});
  out.emplace_back(Dims{statistics});
  out.emplace_back(Dims{statistics});
  measure(state, op, in, out, {1e-5}, 0);
}

void pool(benchmark::State& state, const std::string& op, int64_t size, int64_t channels) {
  std::vector<Array> in, out;
  in.emplace_back(Dims{8, size, size, channels});
  out.emplace_back(Dims{8, size / 2, size / 2, channels});
  std::vector<double> attributes = {2, 2, 2, 2, 0, 0, 0, 0};
  if (op == "avgPool2d") attributes.push_back(0);
  measure(state, op, in, out, attributes, 0);
}

}  // namespace

void register_elementwise() {
  using benchmark::RegisterBenchmark;
  const std::vector<int64_t> sizes = {1 << 10, 1 << 16, 1 << 20, 1 << 24};
  for (const int64_t n : sizes) {
    for (const char* op : {"relu", "tanh", "exp"}) RegisterBenchmark(op, unary, std::string(op))->Arg(n)->UseRealTime();
    RegisterBenchmark("add", binary, std::string("add"))->Arg(n)->UseRealTime();
  }
  RegisterBenchmark("sum/all", sum, Dims{1, 1 << 24, 1})->UseRealTime();
  RegisterBenchmark("sum/rows", sum, Dims{4096, 1024, 1})->UseRealTime();
  RegisterBenchmark("sum/columns", sum, Dims{1, 4096, 1024})->UseRealTime();
  RegisterBenchmark("softmax/128x10", softmax, 128, 10)->UseRealTime();
  RegisterBenchmark("softmax/4096x1000", softmax, 4096, 1000)->UseRealTime();
  RegisterBenchmark("batchNorm/25088x64", norm, std::string("batchNorm"), 25088, 64)->UseRealTime();
  RegisterBenchmark("layerNorm/4096x768", norm, std::string("layerNorm"), 4096, 768)->UseRealTime();
  RegisterBenchmark("maxPool2d/112x64", pool, std::string("maxPool2d"), 112, 64)->UseRealTime();
  RegisterBenchmark("avgPool2d/28x6", pool, std::string("avgPool2d"), 28, 6)->UseRealTime();
}

}  // namespace hebb_bench
