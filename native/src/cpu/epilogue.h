// What a product or a convolution does to its output while that is still in the cache: y = activation(y + residual), or, where
// the activation is the gradient of one, y = gradient(y, residual). The same functors as the ops of these names, so that the bits
// are those of the ops one after another.
#pragma once

#include <cstdint>

#include "cpu/kernel.h"

namespace hebb {

enum class Activation : int64_t {
  kNone,
  kRelu,
  kTanh,
  kSigmoid,
  kGelu,
  kGeluTanh,
  kSilu,
  kReluGrad,
  kTanhGrad,
  kSigmoidGrad,
  kCount
};

constexpr bool is_gradient(Activation activation) { return activation >= Activation::kReluGrad; }

template <typename T>
struct Epilogue {
  const T* residual = nullptr;  // of the output's shape; where the activation is a gradient, what that is taken at
  Activation activation = Activation::kNone;

  bool empty() const { return residual == nullptr && activation == Activation::kNone; }
  // What is only added, for a kernel that adds it itself, and what is left then.
  const T* added() const { return is_gradient(activation) ? nullptr : residual; }
  Epilogue rest() const { return {is_gradient(activation) ? residual : nullptr, activation}; }
  Epilogue from(int64_t offset) const { return {residual == nullptr ? nullptr : residual + offset, activation}; }
};

// Finishes n elements on the calling thread.
template <typename T>
void finish_run(T* y, int64_t n, const Epilogue<T>& epilogue);

// Finishes `rows` rows of n elements that lie `stride` apart, in the output as in the residual, on the calling thread.
template <typename T>
void finish_rows(T* y, int64_t rows, int64_t n, int64_t stride, const Epilogue<T>& epilogue);

// Finishes n elements on the team.
template <typename T>
void finish_all(T* y, int64_t n, const Epilogue<T>& epilogue);

// The operands after the first two and the attributes after the first `plain`: either nothing but an optional bias and no further
// attributes, or the attributes `activation, operands`, where operands is a sum of 1 (bias), 2 (residual) and, where `most` is 7,
// 4 (packed filters), in this order.
struct EpilogueOperands {
  const View* bias = nullptr;
  const View* residual = nullptr;
  const View* packed = nullptr;
  Activation activation = Activation::kNone;
};
int read_epilogue(const Call& call, hebb_error& error, const char* op, uint32_t plain, int64_t most, EpilogueOperands& out);

// A residual has the output's shape and dtype, and does not lie over it.
int check_residual(hebb_error& error, const char* op, const View& y, const View* residual);

}  // namespace hebb
