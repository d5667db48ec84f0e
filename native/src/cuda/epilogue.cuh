// The end of a product or a convolution (cpu/epilogue.h), as one pass over its output.
#pragma once

#include "cuda/map.cuh"
#include "ops/activation.h"

namespace hebb {

template <typename Op>
struct AfterSum {
  Op op;
  template <typename T>
  HEBB_HD T operator()(T y, T residual) const {
    return op(y + residual);
  }
};

template <typename T>
void finish(T* y, int64_t n, const Epilogue<T>& epilogue) {
  if (epilogue.empty()) return;
  if (is_gradient(epilogue.activation))
    return with_gradient(epilogue.activation, [&](const auto& functor) { map(y, y, epilogue.residual, n, functor); });
  with_activation(epilogue.activation, [&](const auto& functor) {
    using Op = std::decay_t<decltype(functor)>;
    if (epilogue.residual == nullptr)
      map(y, y, n, functor);
    else
      map(y, y, epilogue.residual, n, AfterSum<Op>{functor});
  });
}

}  // namespace hebb
