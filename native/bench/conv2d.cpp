// The distinct kinds of convolution of LeNet-5, AlexNet, VGG-16 and ResNet, with both gradients.
#include "bench.h"

namespace hebb_bench {
namespace {

struct Layer {
  const char* name;
  int64_t n, size, c, k, kernel, stride, pad;
  int64_t out() const { return (size + 2 * pad - kernel) / stride + 1; }
};

void conv2d(benchmark::State& state, const std::string& op, const Layer& l) {
  const Dims x = {l.n, l.size, l.size, l.c}, w = {l.k, l.kernel, l.kernel, l.c}, y = {l.n, l.out(), l.out(), l.k};
  const bool forward = op == "conv2d", input = op == "conv2dInputGrad";
  std::vector<Array> in, out;
  in.emplace_back(input ? y : x);
  in.emplace_back(forward || input ? w : y);
  out.emplace_back(forward ? y : input ? x : w);
  const double s = double(l.stride), p = double(l.pad);
  measure(state, op, in, out, {s, s, p, p, p, p, 1, 1, 1},
          2.0 * double(l.n * l.out() * l.out() * l.k) * double(l.kernel * l.kernel * l.c));
}

}  // namespace

void register_conv2d() {
  const Layer layers[] = {
      {"lenet 28x28x1 5x5x6", 64, 28, 1, 6, 5, 1, 2},           {"lenet 14x14x6 5x5x16", 64, 14, 6, 16, 5, 1, 0},
      {"alexnet 224x224x3 11x11x64", 16, 224, 3, 64, 11, 4, 2}, {"alexnet 27x27x64 5x5x192", 16, 27, 64, 192, 5, 1, 2},
      {"alexnet 13x13x384 3x3x256", 16, 13, 384, 256, 3, 1, 1}, {"vgg 224x224x64 3x3x64", 4, 224, 64, 64, 3, 1, 1},
      {"vgg 28x28x512 3x3x512", 4, 28, 512, 512, 3, 1, 1},      {"resnet 224x224x3 7x7x64", 8, 224, 3, 64, 7, 2, 3},
      {"resnet 56x56x64 3x3x64", 8, 56, 64, 64, 3, 1, 1},       {"resnet 28x28x256 3x3x256 s2", 4, 28, 256, 256, 3, 2, 1},
      {"resnet 56x56x256 1x1x64", 4, 56, 256, 64, 1, 1, 0},     {"resnet 14x14x1024 1x1x256", 4, 14, 1024, 256, 1, 1, 0},
      {"resnet 7x7x512 3x3x512", 4, 7, 512, 512, 3, 1, 1}};
  for (const Layer& l : layers)
    for (const char* op : {"conv2d", "conv2dInputGrad", "conv2dFilterGrad"})
      benchmark::RegisterBenchmark((std::string(op) + "/" + l.name).c_str(), conv2d, std::string(op), l)->UseRealTime();
}

}  // namespace hebb_bench
