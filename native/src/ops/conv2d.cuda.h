// The two ways of computing a convolution on a GPU.
#pragma once

#include "ops/conv2d.h"

namespace hebb {

// How float32 is multiplied: as it is, or on the tensor cores with ten bits of mantissa.
enum class ConvMath { kSingle, kTf32 };

// Operands of a dtype; filters that are the output may be float32 beside 16 bits. A bias is added before the output is rounded.
struct ConvArrays {
  void *x, *w, *y;
  int dtype, filter_dtype;
  const void* bias = nullptr;
};

// Through cuDNN, in float32 or a 16-bit float whose products are summed in float32; false where it has no plan that gives the
// same bits at every run.
bool cudnn_conv2d(const ConvShape& s, ConvPass pass, const ConvArrays& arrays, ConvMath math);

// Own loops over any shape, without the bias: right, not fast.
template <typename T>
void direct_conv2d(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

}  // namespace hebb
