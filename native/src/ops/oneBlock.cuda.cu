// The block that does what small launches would (cuda/oneBlock.h).
#include "cuda/launch.cuh"
#include "cuda/reduce.cuh"
#include "ops/adam.cuda.h"
#include "ops/fusedElements.cuda.h"
#include "ops/matmulSmall.cuda.h"
#include "ops/oneBlock.cuda.h"
#include "ops/sgd.cuda.h"
#include "ops/softmaxCrossEntropy.cuda.h"

namespace hebb {
namespace {

// This thread among those that share a task's elements. Tasks side by side begin at different threads.
__device__ Place among_elements(const SmallTask& task) {
  return {(threadIdx.x + kOneBlockThreads - task.first) % kOneBlockThreads, 0, 0, kOneBlockThreads, 1, 1, 0, 1};
}

// Out of line, so that registers are those of one task at a time.
template <typename Body>
__device__ __noinline__ void do_elements(const SmallTask& task, const void* argument) {
  (*static_cast<const Body*>(argument))(among_elements(task));
}

// Block after block, each of threads that lie as in a launch of its own; where they are fewer, the others have nothing to do.
template <typename Body>
__device__ __noinline__ void do_blocks(const SmallTask& task, const void* argument) {
  Place at = {threadIdx.x % task.width,
              threadIdx.x / task.width % task.height,
              threadIdx.x / task.width / task.height,
              task.width,
              task.height,
              task.depth,
              0,
              task.blocks};
  for (; at.block < task.blocks; ++at.block) {
    if (at.block > 0) __syncthreads();
    (*static_cast<const Body*>(argument))(at);
  }
}

__device__ void do_task(const SmallTask& task, const void* argument) {
  switch (task.what) {
    case Small::kProduct:
      return do_elements<SmallProduct>(task, argument);
    case Small::kProgram:
      return do_elements<SmallProgram>(task, argument);
    case Small::kSum:
      return do_blocks<SmallSum<As<float>>>(task, argument);
    case Small::kMean:
      return do_blocks<SmallSum<Share<float>>>(task, argument);
    case Small::kSgd:
      return do_elements<SmallSgd<SgdArrays::kPlain>>(task, argument);
    case Small::kSgdMomentum:
      return do_elements<SmallSgd<SgdArrays::kMomentum>>(task, argument);
    case Small::kAdam:
      return do_elements<SmallAdam>(task, argument);
    case Small::kLossOfInt32:
      return do_blocks<Losses<int32_t, float>>(task, argument);
    case Small::kLossOfInt64:
      return do_blocks<Losses<int64_t, float>>(task, argument);
    case Small::kLossOfUint8:
      return do_blocks<Losses<uint8_t, float>>(task, argument);
    case Small::kLossGradOfInt32:
      return do_blocks<LossGradients<int32_t, float>>(task, argument);
    case Small::kLossGradOfInt64:
      return do_blocks<LossGradients<int64_t, float>>(task, argument);
    case Small::kLossGradOfUint8:
      return do_blocks<LossGradients<uint8_t, float>>(task, argument);
  }
}

__global__ void __launch_bounds__(kOneBlockThreads) one_block(const __grid_constant__ OneBlock block) {
  begin_kernel();
  for (uint32_t i = 0; i < block.count; ++i) {
    if (block.tasks[i].waits) __syncthreads();
    do_task(block.tasks[i], block.bytes + block.tasks[i].offset);
  }
}

}  // namespace

void launch_one_block(const OneBlock& block) {
  HEBB_LAUNCH(one_block, 1, kOneBlockThreads, block);
  check_launch("small launches in one block");
}

}  // namespace hebb
