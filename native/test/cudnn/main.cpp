// Asks the real cuDNN how it would convolve on GPUs that are described to it, and compiles what it would compile: no GPU is
// needed, nothing runs. Ends with 77 where there is no cuDNN, or one that plans for no GPU but its own.
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstring>

#include "cuda/api.h"
#include "cuda/device.h"
#include "cuda/dnnPlan.h"
#include "cuda/error.h"
#include "ops/conv2dGraph.cuda.h"

namespace {

using namespace hebb;

// What cuDNN asks of a GPU, of NVIDIA's data sheets and CUDA's table of compute capabilities.
struct Gpu {
  const char* name;
  int architecture, multiprocessors, shared, cache_mib, clock_mhz, memory_clock_mhz, memory_gib;
};
constexpr Gpu kGpus[] = {{"NVIDIA A100", 80, 108, 166912, 40, 1410, 1593, 80},
                         {"NVIDIA H200", 90, 132, 232448, 60, 1980, 3201, 141}};

std::string json(const Gpu& gpu) {
  std::string text = "{";
  const auto put = [&](const char* name, int64_t value) {
    text += (text.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":" + std::to_string(value);
  };
  put("cudaDeviceId", 0), put("deviceVer", gpu.architecture * 10), put("driverVer", 13000);
  put("multiProcessorCount", gpu.multiprocessors), put("warpSize", 32), put("regsPerBlock", 65536);
  put("maxSharedMemoryPerBlock", 49152), put("maxSharedMemoryPerBlockOptin", gpu.shared),
      put("reservedSharedMemoryPerBlock", 1024);
  put("maxRegistersPerSM", 65536), put("maxCtasPerSM", 32), put("maxThreadsPerBlock", 1024), put("maxThreadsPerSM", 2048);
  put("pciDeviceId", 0), put("isTccDriver", 0), put("supportCoopLaunch", 1), put("smCountOrigin", 0);
  put("smClockRateKHz", gpu.clock_mhz * 1000), put("memClockRateKHz", gpu.memory_clock_mhz * 1000);
  put("l2CacheSize", int64_t{gpu.cache_mib} << 20), put("totalGlobalMem", int64_t{gpu.memory_gib} << 30);
  return text + ",\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"deviceName\":\"" + gpu.name + "\"}";
}

#if CUDNN_VERSION >= 90800
DnnPart described(const Gpu& gpu) {
  const std::string text = json(gpu);
  DnnPart part(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  part.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, static_cast<int64_t>(text.size()) + 1, text.c_str());
  part.finish();
  return part;
}
#endif

struct Case {
  const char* what;
  ConvShape shape;
  bool first = false;  // the images are data, which has no gradient
};

// Square images and filters.
ConvShape shape(int64_t n, int64_t size, int64_t c, int64_t k, int64_t filter, int64_t stride, int64_t before, int64_t after,
                int64_t dilation = 1, int64_t groups = 1) {
  const int64_t out = (size + before + after - dilation * (filter - 1) - 1) / stride + 1;
  return {n,      size,   size,   c,     k,      filter, filter,   out,      out,
          stride, stride, before, after, before, after,  dilation, dilation, groups};
}

const Case kCases[] = {
    {"LeNet-5, first", shape(128, 28, 1, 6, 5, 1, 2, 2), true},
    {"LeNet-5, second", shape(128, 14, 6, 16, 5, 1, 0, 0)},
    {"ResNet, first", shape(256, 224, 3, 64, 7, 2, 3, 3), true},
    {"ResNet, 56 x 56", shape(256, 56, 64, 64, 3, 1, 1, 1)},
    {"ResNet, 28 x 28", shape(256, 28, 128, 128, 3, 1, 1, 1)},
    {"ResNet, 7 x 7", shape(256, 7, 512, 512, 3, 1, 1, 1)},
    {"strides", shape(256, 56, 64, 128, 3, 2, 1, 1)},
    {"strides of 1 x 1", shape(256, 56, 256, 512, 1, 2, 0, 0)},
    {"1 x 1", shape(256, 56, 64, 256, 1, 1, 0, 0)},
    {"VGG, first", shape(32, 224, 3, 64, 3, 1, 1, 1), true},
    {"VGG", shape(32, 112, 128, 128, 3, 1, 1, 1)},
    {"padding after", shape(32, 56, 64, 64, 3, 2, 0, 1)},
    {"dilations", shape(32, 56, 64, 64, 3, 1, 2, 2, 2)},
    {"groups", shape(32, 56, 64, 64, 3, 1, 1, 1, 1, 4)},
    {"depthwise", shape(32, 56, 64, 64, 3, 1, 1, 1, 1, 64)},
    {"odd sizes", shape(3, 13, 5, 7, 3, 2, 0, 1)},
};

struct Kind {
  const char* name;
  ConvPass pass;
  ConvTypes types;
  bool tensor_cores;
};
const Kind kKinds[] = {
    {"float32", ConvPass::kForward, {CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, false}, false},
    {"float32, images' gradient", ConvPass::kInputGrad, {CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, false}, false},
    {"float32, filters' gradient", ConvPass::kFilterGrad, {CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, false}, false},
    {"TF32", ConvPass::kForward, {CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, false}, true},
    {"bfloat16", ConvPass::kForward, {CUDNN_DATA_BFLOAT16, CUDNN_DATA_BFLOAT16, false}, true},
    {"bfloat16 with a bias", ConvPass::kForward, {CUDNN_DATA_BFLOAT16, CUDNN_DATA_BFLOAT16, true}, true},
    {"bfloat16, images' gradient", ConvPass::kInputGrad, {CUDNN_DATA_BFLOAT16, CUDNN_DATA_BFLOAT16, false}, true},
    {"bfloat16, filters' gradient in float32", ConvPass::kFilterGrad, {CUDNN_DATA_BFLOAT16, CUDNN_DATA_FLOAT, false}, true},
    {"float16", ConvPass::kForward, {CUDNN_DATA_HALF, CUDNN_DATA_HALF, false}, true},
};

// What the engine asks for: images that are data have no gradient, and code is compiled where there is enough to do.
bool is_asked(const Case& c, const Kind& kind) {
  if (c.first && kind.pass == ConvPass::kInputGrad) return false;
  return kind.types.filters == kind.types.images || c.shape.pixels() * c.shape.filter() >= Device().worth_compiling;
}

// A gradient in another dtype, for which copies of the operands do where channels are no multiple of eight.
bool may_refuse(const Case& c, const Kind& kind) {
  return kind.types.filters != kind.types.images && (c.shape.c % 8 != 0 || c.shape.k % 8 != 0);
}

double milliseconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - then).count();
}

// That what was compiled can be kept.
std::string reading_time(const DnnPlan& plan, const DnnPart& gpu) {
  const std::string text = plan.text();
  const auto began = std::chrono::steady_clock::now();
  const DnnPlan again(text, {nullptr, &gpu});
  if (again.workspace() != plan.workspace()) throw DnnRefusal("its text is of another plan");
  char said[80];
  std::snprintf(said, sizeof said, "of %zu KiB read in %.0f ms", text.size() >> 10, milliseconds_since(began));
  return said;
}

bool plan(const Case& c, const Kind& kind, const DnnPart& gpu) {
  const auto began = std::chrono::steady_clock::now();
  std::string answer;
  bool found = true;
  try {
    const DnnGraph graph = conv_graph(c.shape, kind.pass, kind.types);
    const DnnPlan plan = std::move(dnn_plans(graph, {nullptr, &gpu}, {kind.tensor_cores, int64_t{1} << 30}, 1)[0]);
    answer = "engine " + std::to_string(plan.engine()) + ", " + std::to_string(plan.workspace() >> 10) + " KiB";
    if (plan.compiled()) answer += ", compiled; its text " + reading_time(plan, gpu);
  } catch (const DnnRefusal& refusal) {
    found = false;
    answer = std::string("refused: ") + refusal.what();
  }
  const bool good = found || may_refuse(c, kind);
  std::printf("  %s%-18s %-40s %s, %.0f ms\n", good ? "" : "FAILED ", c.what, kind.name, answer.c_str(),
              milliseconds_since(began));
  return good;
}

int plan_all() {
  bool good = true;
#if CUDNN_VERSION >= 90800
  for (const Gpu& gpu : kGpus) {
    std::printf("%s\n", gpu.name);
    const DnnPart part = described(gpu);
    for (const Case& c : kCases)
      for (const Kind& kind : kKinds)
        if (is_asked(c, kind)) good = plan(c, kind, part) && good;
  }
#else
  std::printf("skipped: the headers of cuDNN are older than 9.8\n");
  return 77;
#endif
  return good ? 0 : 1;
}

}  // namespace

int main() {
  // Before cuDNN looks for one.
  if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL) == nullptr && dlopen(HEBB_NO_DRIVER, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    std::printf("%s\n", dlerror());
    return 1;
  }
  std::string problem;
  if (!load_libraries(problem)) {
    std::printf("skipped: no cuDNN:%s\n", problem.c_str());
    return 77;
  }
  if (api().cudnnGetVersion() < 90800) {
    std::printf("skipped: cuDNN %zu plans for no GPU but its own\n", api().cudnnGetVersion());
    return 77;
  }
  std::printf("%s\n", api().versions.c_str());
  return plan_all();
}
