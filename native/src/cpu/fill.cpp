#include "cpu/fill.h"

#include "cpu/dtype.h"
#include "cpu/map.h"

namespace hebb {

void fill(void* y, int64_t n, int dtype, const void* element) {
  with_width(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T value;
    std::memcpy(&value, element, sizeof value);
    T* out = static_cast<T*>(y);
    parallel_for(n, chunk_elements<T>(), [out, value](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = value;
    });
  });
}

}  // namespace hebb
