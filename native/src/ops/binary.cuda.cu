#include "cpu/dtype.h"
#include "cuda/broadcast.cuh"
#include "cuda/fault.h"
#include "ops/binary.h"

namespace hebb {
namespace {

template <typename T>
__global__ void find_zero(const T* b, int64_t n, FaultSite fault) {
  begin_kernel();
  for_elements(n, [&](int64_t i) {
    if (b[i] == 0) fault.report(0, i);
  });
}

// The refusal comes with the next download; until then the remainders of zero are zero.
int refuse_integer_zero(hebb_error&, const View& b) {
  const int64_t n = elements(b);
  with_number(b.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (std::is_integral_v<T>) {
      HEBB_LAUNCH(find_zero, grid_for(n), kThreads, data<T>(b), n, fault_site("mod", FaultKind::kDivisor, 0));
      check_launch("looking for zeros");
    }
  });
  return HEBB_OK;
}

// The exponent's value is on the GPU.
bool exponent_is_two(const View&) { return false; }

}  // namespace
}  // namespace hebb

#include "ops/binary.kernels.h"
