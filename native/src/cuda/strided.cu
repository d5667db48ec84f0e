// copy_strided() and fill() on the GPU: what slice, pad, transpose, broadcastTo, concat and copy are made of.
#include <utility>

#include "cpu/dtype.h"
#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cuda/launch.cuh"
#include "ops/fusedDevice.cuda.h"

namespace hebb {
namespace {

constexpr int kTile = 32;
constexpr int kTileRows = 8;

int64_t product(const StridedCopy& copy, int rank) {
  int64_t n = 1;
  for (int d = 0; d < rank; ++d) n *= copy.dims[d];
  return n;
}

// Where element `at` of dimensions [0, rank) stands on both sides.
template <typename Index>
__device__ __forceinline__ void offsets_of(const StridedCopy& copy, int rank, Index at, int64_t* to, int64_t* from) {
  for (int d = rank - 1; d >= 0; --d) {
    const Index size = static_cast<Index>(copy.dims[d]);
    const int64_t index = static_cast<int64_t>(d > 0 ? at % size : at);
    at /= size;
    *to += index * copy.to[d];
    *from += index * copy.from[d];
  }
}

template <typename Index, typename T>
__global__ void copy_elements(StridedCopy copy, int64_t n, T* to, const T* from) {
  begin_kernel();
  for_elements(n, [&](int64_t i) {
    int64_t t = 0, f = 0;
    offsets_of(copy, copy.rank, static_cast<Index>(i), &t, &f);
    to[t] = from[f];
  });
}

// The last dimension is contiguous in the destination, the one before it in the source: tiles pass through shared memory, so that
// both sides see whole lines.
template <typename T>
__global__ void copy_tiles(StridedCopy copy, int64_t tiles_down, int64_t tiles_across, T* to, const T* from) {
  begin_kernel();
  HEBB_SHARED(T, tile, [kTile][kTile + 1]);
  const int outer = copy.rank - 2;
  const int64_t columns = copy.dims[outer], rows = copy.dims[outer + 1];
  const int64_t across = blockIdx.x % tiles_across, rest = blockIdx.x / tiles_across;
  const int64_t c0 = across * kTile, r0 = rest % tiles_down * kTile;
  int64_t t = 0, f = 0;
  offsets_of(copy, outer, static_cast<uint64_t>(rest / tiles_down), &t, &f);
  for (int j = threadIdx.y; j < kTile; j += kTileRows) {
    const int64_t c = c0 + threadIdx.x, r = r0 + j;
    if (c < columns && r < rows) tile[j][threadIdx.x] = from[f + r * copy.from[outer + 1] + c];
  }
  __syncthreads();
  for (int j = threadIdx.y; j < kTile; j += kTileRows) {
    const int64_t c = c0 + j, r = r0 + threadIdx.x;
    if (c < columns && r < rows) to[t + c * copy.to[outer] + r] = tile[threadIdx.x][j];
  }
}

// Moves the dimension that is contiguous in the source next to the innermost; false if there is none worth it.
bool arrange_transposition(StridedCopy& copy) {
  const int last = copy.rank - 1;
  if (last < 1 || copy.to[last] != 1 || copy.from[last] == 1 || copy.from[last] == 0 || copy.dims[last] < 8) return false;
  for (int d = 0; d < last; ++d) {
    if (copy.from[d] != 1 || copy.dims[d] < 8) continue;
    for (int e = d; e + 1 < last; ++e) {
      std::swap(copy.dims[e], copy.dims[e + 1]);
      std::swap(copy.to[e], copy.to[e + 1]);
      std::swap(copy.from[e], copy.from[e + 1]);
    }
    return true;
  }
  return false;
}

// Into a block of small launches (cuda/oneBlock.h), where one is being gathered: of an array, or of one number into all places.
bool gather_copy(const StridedCopy& copy, int64_t n, int dtype, void* to, const void* from) {
  if (dtype != HEBB_FLOAT32 || copy.rank > 1 || (copy.rank == 1 && (copy.to[0] != 1 || (copy.from[0] != 0 && copy.from[0] != 1))))
    return false;
  const float* x = static_cast<const float*>(from);
  const int64_t period = copy.rank == 1 && copy.from[0] == 1 ? n : 1;
  return gather_step(step_of<FusedCopy>(), static_cast<float*>(to), n, x, x, {period, period});
}

template <typename T>
void launch_copy(StridedCopy copy, int64_t n, T* to, const T* from) {
  if (copy.rank == 1 && copy.to[0] == 1 && copy.from[0] == 1) {
    check_cuda(cudaMemcpyAsync(to, from, static_cast<size_t>(n) * sizeof(T), cudaMemcpyDeviceToDevice, stream()), "copying");
  } else if (arrange_transposition(copy)) {
    const int64_t across = (copy.dims[copy.rank - 2] + kTile - 1) / kTile, down = (copy.dims[copy.rank - 1] + kTile - 1) / kTile;
    const unsigned grid = exact_grid(product(copy, copy.rank - 2) * down * across);
    HEBB_LAUNCH(copy_tiles, grid, dim3(kTile, kTileRows), copy, down, across, to, from);
    check_launch("a transposition");
  } else {
    if (n <= INT32_MAX)
      HEBB_LAUNCH(copy_elements<uint32_t>, grid_for(n), kThreads, copy, n, to, from);
    else
      HEBB_LAUNCH(copy_elements<uint64_t>, grid_for(n), kThreads, copy, n, to, from);
    check_launch("a strided copy");
  }
}

template <typename T>
__global__ void fill_elements(T* y, int64_t n, T value) {
  begin_kernel();
  for_elements(n, [&](int64_t i) { y[i] = value; });
}

}  // namespace

void copy_strided(const StridedCopy& given, int dtype, void* to, const void* from) {
  StridedCopy copy = given;
  const int64_t n = product(copy, copy.rank);
  if (n == 0 || gather_copy(copy, n, dtype, to, from)) return;
  if (copy.rank == 0) {
    copy.rank = 1;
    copy.dims[0] = copy.to[0] = copy.from[0] = 1;
  }
  with_width(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    launch_copy(copy, n, static_cast<T*>(to), static_cast<const T*>(from));
  });
}

void fill(void* y, int64_t n, int dtype, const void* element) {
  if (n == 0) return;
  with_width(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T value;
    std::memcpy(&value, element, sizeof value);
    HEBB_LAUNCH(fill_elements, grid_for(n), kThreads, static_cast<T*>(y), n, value);
    check_launch("filling memory");
  });
}

}  // namespace hebb
