// 3 x 3 and 5 x 5 convolutions by Winograd's minimal filtering (cpu/winograd.h), of float or BFloat16, computed in float32.
#pragma once

#include "ops/conv2d.h"

namespace hebb {

// Whether a convolution can be computed so: stride 1, no dilation, one group, channels that fill whole vectors.
bool winograd_fits(const ConvShape& s);

// Any pass; the gradient of filters is float32.
template <typename T>
void conv2d_winograd(const ConvShape& s, ConvPass pass, const ConvData<T>& d);

template <typename T>
void conv2d_winograd_gradient(const ConvShape& s, const T* x, const T* g, float* dw);

// Writes the points of forward filters behind a header (cpu/packedFilter.h); false, with `packed` as it was, where there is no
// room.
template <typename T>
bool winograd_pack_filter(const ConvShape& s, const T* w, const View& packed);

}  // namespace hebb
