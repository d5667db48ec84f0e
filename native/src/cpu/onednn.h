// The one place that knows oneDNN's API version. Ready primitives are kept per host thread, so that a repeated call only sets
// pointers and executes.
#pragma once

#include "ops/conv2d.h"

namespace hebb {

enum class ConvAlgorithm {
  kDirect,    // images as they are, [N, H, W, C]
  kBlocked,   // images copied into the layout that the kernel likes best
  kWinograd,  // F(4x4, 3x3), in its own layouts
};

// Computes a convolution; false where oneDNN has no optimised kernel for it. Results have the same bits for any number of
// threads: filter gradients are cut into fixed parts, each made by one thread.
bool onednn_conv2d(const ConvShape& shape, ConvPass pass, ConvAlgorithm algorithm, const ConvData<float>& data);

// Writes the filters of a forward convolution into `packed` (float32) in the layout that its kernel wants, behind a header that
// says which; false, with `packed` as it was, where there is no kernel, nothing to do, or no room. onednn_conv2d reads packed
// filters whose header is the wanted one, and packs `w` itself otherwise.
bool onednn_pack_filter(const ConvShape& shape, ConvAlgorithm algorithm, const float* w, const View& packed);

}  // namespace hebb
