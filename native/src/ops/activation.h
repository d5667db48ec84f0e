// The activations that an epilogue may end with, as the functors of the ops of their names.
#pragma once

#include "cpu/epilogue.h"
#include "ops/activationGrad.h"
#include "ops/unary.h"

namespace hebb {

// Calls body(functor) for the activation; none is the identity.
HEBB_CALLS_BODY
template <typename Body>
HEBB_HD void with_activation(Activation activation, const Body& body) {
  switch (activation) {
    case Activation::kRelu:
      return body(Relu{});
    case Activation::kTanh:
      return body(Tanh{});
    case Activation::kSigmoid:
      return body(Sigmoid{});
    case Activation::kGelu:
      return body(Gelu{});
    case Activation::kGeluTanh:
      return body(GeluTanh{});
    case Activation::kSilu:
      return body(Silu{});
    default:
      return body(Unchanged{});
  }
}

// The same for the gradient of one: functor(g, what it is taken at).
HEBB_CALLS_BODY
template <typename Body>
HEBB_HD void with_gradient(Activation activation, const Body& body) {
  switch (activation) {
    case Activation::kReluGrad:
      return body(ReluGrad{});
    case Activation::kTanhGrad:
      return body(TanhGrad{});
    default:
      return body(SigmoidGrad{});
  }
}

}  // namespace hebb
