// Gradients of activations, written once for CPU loops and CUDA kernels: g times the derivative.
#pragma once

#include "math/erf.h"
#include "math/exp.h"
#include "math/hostDevice.h"

namespace hebb {

// From the output y = relu(x).
struct ReluGrad {
  template <typename T>
  HEBB_HD T operator()(T g, T y) const {
    return y > 0 ? g : T{0};
  }
};

// From the output: tanh' = 1 - y^2.
struct TanhGrad {
  template <typename T>
  HEBB_HD T operator()(T g, T y) const {
    return g * (T{1} - y * y);
  }
};

// From the output: sigmoid' = y (1 - y).
struct SigmoidGrad {
  template <typename T>
  HEBB_HD T operator()(T g, T y) const {
    return g * (y * (T{1} - y));
  }
};

// From the input: Phi(x) + x phi(x). The derivative is 0 or 1 long before the bounds, which keep infinity times zero away.
struct GeluGrad {
  template <typename T>
  HEBB_HD T operator()(T g, T x) const {
    T a = x < T(-50) ? T(-50) : x;
    a = a > T(50) ? T(50) : a;
    const T cumulative = T(0.5) * (T{1} + math::erf(a * T(0.70710678118654752)));
    const T density = T(0.39894228040143268) * math::exp_not_positive(T(-0.5) * a * a);
    return g * (cumulative + a * density);
  }
};

// From the input, of the tanh form.
struct GeluTanhGrad {
  template <typename T>
  HEBB_HD T operator()(T g, T x) const {
    T a = x < T(-50) ? T(-50) : x;
    a = a > T(50) ? T(50) : a;
    const T square = a * a;
    const T t = math::tanh(T(0.79788456080286536) * a * (T{1} + T(0.044715) * square));
    const T inner = T(0.79788456080286536) * (T{1} + T(0.134145) * square);
    return g * (T(0.5) * (T{1} + t) + T(0.5) * a * (T{1} - t * t) * inner);
  }
};

}  // namespace hebb
