#include <vector>

#include "cpu/dtype.h"
#include "cpu/kernel.h"
#include "cuda/launch.cuh"
#include "cuda/transfer.h"
#include "ops/random.h"

namespace hebb {
namespace {

// One thread makes one block; the state is read where it lies.
template <typename T, typename Make>
__global__ void random_blocks(T* y, int64_t n, const int64_t* state, Make make) {
  begin_kernel();
  constexpr int per_block = kPerBlock<T>;
  const uint64_t seed = static_cast<uint64_t>(state[0]), counter = static_cast<uint64_t>(state[1]);
  for_elements((n + per_block - 1) / per_block, [&](int64_t block) {
    const PhiloxBlock words = philox(seed, counter + static_cast<uint64_t>(block));
    Wide<T> values[per_block];
    make(words.word, values);
    const int64_t first = block * per_block;
    for (int i = 0; i < per_block; ++i)
      if (first + i < n) y[first + i] = values[i];
  });
}

template <typename T, typename Make>
void generate(const View& y, const View& s, const Make& make) {
  const int64_t n = elements(y);
  if (n == 0) return;
  HEBB_LAUNCH(random_blocks, grid_for(n / kPerBlock<T> + 1), kThreads, data<T>(y), n, data<int64_t>(s), make);
  check_launch("random numbers");
}

// Each swap depends on the one before: the host makes permutations, and waits for the state.
int permute(int32_t* out, int64_t n, const View& s, hebb_error& error) {
  int64_t state[2] = {};
  if (const int status = download(state, s.data, sizeof state, error)) return status;
  std::vector<int32_t> places(static_cast<size_t>(n));
  permutation(static_cast<uint64_t>(state[0]), static_cast<uint64_t>(state[1]), places.data(), n);
  upload_in_order(out, places.data(), static_cast<uint64_t>(n) * sizeof(int32_t));
  return HEBB_OK;
}

}  // namespace
}  // namespace hebb

#include "ops/random.kernels.h"
