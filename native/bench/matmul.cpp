// Matrix products: dense layers with their gradients, a square, a vector, and one too small for anything but overhead.
#include "bench.h"

namespace hebb_bench {
namespace {

struct Product {
  int64_t m, k, n;
  bool transpose_a, transpose_b;
};

void matmul(benchmark::State& state, const Product& p) {
  std::vector<Array> in, out;
  in.emplace_back(p.transpose_a ? Dims{1, p.k, p.m} : Dims{1, p.m, p.k});
  in.emplace_back(p.transpose_b ? Dims{1, p.n, p.k} : Dims{1, p.k, p.n});
  out.emplace_back(Dims{1, p.m, p.n});
  measure(state, "matmul", in, out, {double(p.transpose_a), double(p.transpose_b)}, 2.0 * p.m * p.n * p.k);
}

void add(const Product& p) {
  const std::string name = "matmul/" + std::to_string(p.m) + "x" + std::to_string(p.k) + "x" + std::to_string(p.n) +
                           (p.transpose_a   ? "/TN"
                            : p.transpose_b ? "/NT"
                                            : "/NN");
  benchmark::RegisterBenchmark(name.c_str(), matmul, p)->UseRealTime();
}

}  // namespace

void register_matmul() {
  add({10, 2, 4, false, false});
  add({1, 4096, 4096, false, false});
  add({1024, 1024, 1024, false, false});
  // A dense layer of a batch m from k to n: value, gradient of the weights, gradient of the input.
  const int64_t layers[][3] = {{128, 784, 512}, {128, 512, 256},  {128, 256, 10},
                               {64, 400, 120},  {16, 9216, 4096}, {4, 25088, 4096}};
  for (const auto& l : layers) {
    add({l[0], l[1], l[2], false, false});
    add({l[1], l[0], l[2], true, false});
    add({l[0], l[2], l[1], false, true});
  }
}

}  // namespace hebb_bench
