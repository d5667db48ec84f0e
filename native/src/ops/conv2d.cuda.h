// The two ways of computing a convolution on a GPU.
#pragma once

#include "ops/conv2d.h"

namespace hebb {

// Through cuDNN, without the bias and without TF32; false where it has no deterministic algorithm for the shape.
bool cudnn_conv2d(const ConvShape& s, ConvPass pass, const ConvData<float>& d);

// Own loops over any shape, the bias included: right, not fast.
template <typename T>
void direct_conv2d(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

}  // namespace hebb
