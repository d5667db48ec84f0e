#include "cpu/epilogue.h"

#include "cpu/map.h"
#include "ops/activation.h"

namespace hebb {
template <typename T>
void finish_run(T* y, int64_t n, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  const T* residual = epilogue.residual;
  if (is_gradient(epilogue.activation))
    return with_gradient(epilogue.activation, [&](const auto& functor) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[i] = functor(widened(y[i]), widened(residual[i]));
    });
  with_activation(epilogue.activation, [&](const auto& functor) {
    if (residual == nullptr) return map_serial(y, y, n, functor);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = functor(widened(T(widened(y[i]) + widened(residual[i]))));
  });
}

template <typename T>
void finish_rows(T* y, int64_t rows, int64_t n, int64_t stride, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  if (n == stride) return finish_run(y, rows * n, epilogue);
  for (int64_t row = 0; row < rows; ++row) finish_run(y + row * stride, n, epilogue.from(row * stride));
}

template <typename T>
void finish_all(T* y, int64_t n, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  parallel_for(n, chunk_elements<T, T>(),
               [&](int64_t begin, int64_t end) { finish_run(y + begin, end - begin, epilogue.from(begin)); });
}

template void finish_run(float*, int64_t, const Epilogue<float>&);
template void finish_run(BFloat16*, int64_t, const Epilogue<BFloat16>&);
template void finish_run(double*, int64_t, const Epilogue<double>&);
template void finish_rows(float*, int64_t, int64_t, int64_t, const Epilogue<float>&);
template void finish_rows(BFloat16*, int64_t, int64_t, int64_t, const Epilogue<BFloat16>&);
template void finish_rows(double*, int64_t, int64_t, int64_t, const Epilogue<double>&);
template void finish_all(float*, int64_t, const Epilogue<float>&);
template void finish_all(double*, int64_t, const Epilogue<double>&);
template void finish_all(BFloat16*, int64_t, const Epilogue<BFloat16>&);
template void finish_all(Float16*, int64_t, const Epilogue<Float16>&);

}  // namespace hebb
