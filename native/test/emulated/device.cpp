// The emulated engine's device, and the products that it has no kernels of ours for.
#include "cuda/device.h"

#include <cstdlib>

#include "cpu/check.h"
#include "cuda/error.h"
#include "ops/matmul.cuda.h"
#include "ops/unary.h"

namespace hebb {
namespace {

// Operands of T, the bias of Out.
template <typename T, typename Out>
Wide<T> product(const MatmulProblem& p, int64_t batch, int64_t i, int64_t j) {
  const T* a = static_cast<const T*>(p.a) + batch * p.m * p.k;
  const T* b = static_cast<const T*>(p.b) + (p.shared_b ? 0 : batch * p.k * p.n);
  Wide<T> sum = p.bias == nullptr ? 0 : widened(static_cast<const Out*>(p.bias)[j]);
  for (int64_t k = 0; k < p.k; ++k)
    sum += widened(a[p.transpose_a ? k * p.m + i : i * p.k + k]) * widened(b[p.transpose_b ? j * p.k + k : k * p.n + j]);
  return sum;
}

template <typename T, typename Out, typename Op = Unchanged>
void multiply(const MatmulProblem& p, const Op& op = {}) {
  Out* y = static_cast<Out*>(p.y);
  for (int64_t batch = 0; batch < p.batch; ++batch)
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) *y++ = Out(op(product<T, Out>(p, batch, i, j)));
}

}  // namespace

Device& device() {
  static Device instance;
  return instance;
}

bool open_device(std::string&) {
  // Once: every worker thread opens the device, while others may run kernels.
  static const bool opened = [] {
    static FaultRecord record = {};
    Device& d = device();
    cudaStreamCreateWithFlags(&d.stream, cudaStreamNonBlocking);
    cudaStreamCreateWithFlags(&d.copies, cudaStreamNonBlocking);
    d.faults = &record;
    // So that tests see units of several blocks, and several tiles.
    d.multiprocessors = emulated::kTogether;
    d.tile_columns = 32;
    d.worth_compiling = 0;
    d.tune = std::getenv("HEBB_CUDA_TUNE") != nullptr;
    d.description = "emulated on the CPU";
    reset_faults();
    return true;
  }();
  return opened;
}

bool cuda_matmul_gelu(MatmulProblem p, int operands, int) {
  emulated::submit(stream(), [=] {
    if (operands == HEBB_BFLOAT16) multiply<BFloat16, BFloat16>(p, GeluTanh{});
    if (operands == HEBB_FLOAT16) multiply<Float16, Float16>(p, GeluTanh{});
  });
  return operands == HEBB_BFLOAT16 || operands == HEBB_FLOAT16;
}

bool cuda_matmul(MatmulProblem p, int operands, int dtype) {
  emulated::submit(stream(), [=] {
    with_any_float(operands, [&](auto type) {
      using T = typename decltype(type)::type;
      if (operands == dtype)
        multiply<T, T>(p);
      else
        multiply<T, Wide<T>>(p);
    });
  });
  return true;
}

cudnnHandle_t cudnn() {
  static const cudnnHandle_t handle = [] {
    cudnnHandle_t created = nullptr;
    cudnnCreate(&created);
    cudnnSetStream(created, stream());
    return created;
  }();
  return handle;
}

}  // namespace hebb
