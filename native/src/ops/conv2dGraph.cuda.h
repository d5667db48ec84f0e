// A convolution and its gradients in cuDNN's words: images and filters as they lie here (NHWC), dimensions in its order (NCHW).
#pragma once

#include "cuda/dnnGraph.h"
#include "ops/conv2d.h"

namespace hebb {

enum ConvArrayId : int64_t { kConvX = 1, kConvW, kConvY, kConvBias, kConvSums };

inline DnnArray conv_array(ConvArrayId id, cudnnDataType_t type, int64_t n, int64_t h, int64_t w, int64_t c) {
  return {id, type, {n, c, h, w}, {h * w * c, 1, w * c, c}};
}

inline const DnnPart& conv_window(DnnGraph& graph, const ConvShape& s) {
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  return graph.part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR)
      .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2})
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, std::vector<int64_t>{s.pad_top, s.pad_left})
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, std::vector<int64_t>{s.pad_bottom, s.pad_right})
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, std::vector<int64_t>{s.stride_h, s.stride_w})
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, std::vector<int64_t>{s.dilation_h, s.dilation_w})
      .finish();
}

// The sums as they are, or with the bias, which is null or one number for each channel, into the output's dtype.
inline void conv_finish(DnnGraph& graph, const DnnPart& sums, const DnnPart* bias, const DnnPart& output) {
  const cudnnPointwiseMode_t mode = bias == nullptr ? CUDNN_POINTWISE_IDENTITY : CUDNN_POINTWISE_ADD;
  const DnnPart& what = graph.part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR)
                            .set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
                            .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
                            .finish();
  DnnPart& operation = graph.operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
                           .set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what)
                           .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, sums)
                           .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, output);
  if (bias != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *bias);
  operation.finish();
}

// What the three operations call the same.
struct ConvOperation {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t window, x, w, y, alpha, beta;
};

inline ConvOperation conv_operation(ConvPass pass) {
  if (pass == ConvPass::kForward)
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  if (pass == ConvPass::kInputGrad)
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

// The dtypes of a convolution: of images, output and bias, and of the filters, which may be another where they are what is
// computed.
struct ConvTypes {
  cudnnDataType_t images, filters;
  bool biased;  // of a forward pass
};

inline DnnGraph conv_graph(const ConvShape& s, ConvPass pass, const ConvTypes& types) {
  DnnGraph graph;
  const DnnPart& x = graph.array(conv_array(kConvX, types.images, s.n, s.h, s.w, s.c));
  const DnnPart& y = graph.array(conv_array(kConvY, types.images, s.n, s.oh, s.ow, s.k));
  const DnnPart& w = graph.array(conv_array(kConvW, types.filters, s.k, s.kh, s.kw, s.group_c()));
  const bool converts = types.filters != types.images;
  // What is added up goes on in float32.
  const DnnPart* sums = nullptr;
  if (converts) sums = &graph.array(conv_array(kConvSums, CUDNN_DATA_FLOAT, s.k, s.kh, s.kw, s.group_c()), true);
  if (types.biased) sums = &graph.array(conv_array(kConvSums, CUDNN_DATA_FLOAT, s.n, s.oh, s.ow, s.k), true);
  const DnnPart& window = conv_window(graph, s);
  const ConvOperation names = conv_operation(pass);
  graph.operation(names.type)
      .set(names.window, window)
      .set(names.x, x)
      .set(names.w, converts ? *sums : w)
      .set(names.y, types.biased ? *sums : y)
      .set(names.alpha, 1.0f)
      .set(names.beta, 0.0f)
      .finish();
  if (converts) conv_finish(graph, *sums, nullptr, w);
  if (types.biased) conv_finish(graph, *sums, &graph.array(conv_array(kConvBias, types.images, 1, 1, 1, s.k)), y);
  return graph;
}

}  // namespace hebb
