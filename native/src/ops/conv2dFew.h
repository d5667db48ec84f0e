// Convolutions into few channels from few, by planes: vectors run over neighbouring pixels, of which there are enough where there
// are too few channels to fill a vector.
#pragma once

#include "ops/conv2d.h"

namespace hebb {

// Whether it takes a pass, and is the fastest there: never for the filters' gradient, nor where vectors are short.
bool conv2d_few_fits(const ConvShape& s, ConvPass pass);

// float, or BFloat16, whose sums are float32.
template <typename T>
void conv2d_few(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

}  // namespace hebb
