// The two ways of computing a convolution on a GPU.
#pragma once

#include "ops/conv2d.h"

namespace hebb {

// How float32 is multiplied: as it is, or on the tensor cores with ten bits of mantissa.
enum class ConvMath { kSingle, kTf32 };

// Through cuDNN, without the bias, in float32 or a 16-bit float whose products are summed in float32; false where it has no
// deterministic algorithm for the shape.
template <typename T>
bool cudnn_conv2d(const ConvShape& s, ConvPass pass, const ConvData<T>& d, ConvMath math);

// Own loops over any shape, without the bias: right, not fast.
template <typename T>
void direct_conv2d(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

}  // namespace hebb
