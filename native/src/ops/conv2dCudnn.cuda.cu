// Convolutions through cuDNN 9, images and filters as they lie here (NHWC). Its heuristics are asked once for each shape; padding
// that differs between sides goes into a padded copy, since cuDNN pads both alike.
#include <array>
#include <map>
#include <string>

#include "cpu/dtype.h"
#include "cpu/fill.h"
#include "cpu/strided.h"
#include "cuda/alignedOperand.h"
#include "cuda/api.h"
#include "cuda/device.h"
#include "cuda/error.h"
#include "cuda/memory.h"
#include "cuda/refusals.h"
#include "ops/conv2d.cuda.h"

namespace hebb {
namespace {

constexpr size_t kMaxWorkspace = size_t{1} << 30;

// A shape with cuDNN's descriptions of it and its choice; kept for the life of the process.
struct ConvPlan {
  cudnnTensorDescriptor_t x = nullptr, y = nullptr;
  cudnnFilterDescriptor_t w = nullptr;
  cudnnConvolutionDescriptor_t conv = nullptr;
  int algorithm = -1;  // of its pass; -1: none
  size_t workspace = 0;
  std::string refusal;  // why there is none
};

template <typename T>
constexpr int kDtype = std::is_same_v<T, BFloat16>  ? HEBB_BFLOAT16
                       : std::is_same_v<T, Float16> ? HEBB_FLOAT16
                                                    : HEBB_FLOAT32;

// As cuDNN will see it: with the padding inside the image when its sides differ.
ConvShape even_padding(const ConvShape& s) {
  ConvShape even = s;
  if (s.pad_top == s.pad_bottom && s.pad_left == s.pad_right) return even;
  even.h += s.pad_top + s.pad_bottom;
  even.w += s.pad_left + s.pad_right;
  even.pad_top = even.pad_bottom = even.pad_left = even.pad_right = 0;
  return even;
}

struct ConvTypes {
  cudnnDataType_t data;
  cudnnMathType_t math;
};

template <typename T>
ConvTypes conv_types(ConvMath math) {
  if (std::is_same_v<T, BFloat16>) return {CUDNN_DATA_BFLOAT16, CUDNN_TENSOR_OP_MATH};
  if (std::is_same_v<T, Float16>) return {CUDNN_DATA_HALF, CUDNN_TENSOR_OP_MATH};
  // The default is TF32.
  return {CUDNN_DATA_FLOAT, math == ConvMath::kTf32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH};
}

bool describe(const ConvShape& s, const ConvTypes& types, ConvPlan& plan) {
  const Api& a = api();
  const auto i = [](int64_t value) { return static_cast<int>(value); };
  check_cudnn(a.cudnnCreateTensorDescriptor(&plan.x), "describing images");
  check_cudnn(a.cudnnCreateTensorDescriptor(&plan.y), "describing images");
  check_cudnn(a.cudnnCreateFilterDescriptor(&plan.w), "describing filters");
  check_cudnn(a.cudnnCreateConvolutionDescriptor(&plan.conv), "describing a convolution");
  const cudnnStatus_t statuses[] = {
      a.cudnnSetTensor4dDescriptor(plan.x, CUDNN_TENSOR_NHWC, types.data, i(s.n), i(s.c), i(s.h), i(s.w)),
      a.cudnnSetTensor4dDescriptor(plan.y, CUDNN_TENSOR_NHWC, types.data, i(s.n), i(s.k), i(s.oh), i(s.ow)),
      a.cudnnSetFilter4dDescriptor(plan.w, types.data, CUDNN_TENSOR_NHWC, i(s.k), i(s.group_c()), i(s.kh), i(s.kw)),
      a.cudnnSetConvolution2dDescriptor(plan.conv, i(s.pad_top), i(s.pad_left), i(s.stride_h), i(s.stride_w), i(s.dilation_h),
                                        i(s.dilation_w), CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
      a.cudnnSetConvolutionGroupCount(plan.conv, i(s.groups)),
      a.cudnnSetConvolutionMathType(plan.conv, types.math),
  };
  for (const cudnnStatus_t status : statuses) {
    if (status == CUDNN_STATUS_SUCCESS) continue;
    plan.refusal = a.cudnnGetErrorString(status);
    return false;
  }
  return true;
}

// The first of cuDNN's proposals, best first, that works, gives the same bits at every run and fits. A proposal's own word on its
// workspace is not taken.
template <typename Proposal, typename Workspace>
void choose(const Proposal* proposals, int count, ConvPlan& plan, const Workspace& workspace) {
  for (int i = 0; i < count; ++i) {
    const Proposal& p = proposals[i];
    size_t bytes = 0;
    if (p.status != CUDNN_STATUS_SUCCESS || p.determinism != CUDNN_DETERMINISTIC ||
        p.mathType == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION)
      continue;
    if (workspace(p.algo, &bytes) != CUDNN_STATUS_SUCCESS || bytes > kMaxWorkspace) continue;
    plan.algorithm = static_cast<int>(p.algo);
    plan.workspace = bytes;
    return;
  }
  plan.refusal = "none of its " + std::to_string(count) + " algorithms is deterministic and fits";
}

// A refusal says that cuDNN has nothing for the shape. Anything else says that it cannot work here, with engines of another
// version, say, which loops of our own would hide behind results that take a hundred times as long.
bool refused(cudnnStatus_t status, ConvPlan& plan) {
  if (status == CUDNN_STATUS_SUCCESS) return false;
  const int kind = CUDNN_STATUS_CATEGORY(status);
  if (kind != CUDNN_STATUS_NOT_SUPPORTED && kind != CUDNN_STATUS_BAD_PARAM) check_cudnn(status, "choosing a convolution");
  plan.refusal = api().cudnnGetErrorString(status);
  return true;
}

void choose_forward(ConvPlan& plan) {
  const Api& a = api();
  cudnnConvolutionFwdAlgoPerf_t proposals[CUDNN_CONVOLUTION_FWD_ALGO_COUNT];
  int count = 0;
  if (refused(a.cudnnGetConvolutionForwardAlgorithm_v7(cudnn(), plan.x, plan.w, plan.conv, plan.y,
                                                       CUDNN_CONVOLUTION_FWD_ALGO_COUNT, &count, proposals),
              plan))
    return;
  choose(proposals, count, plan, [&](cudnnConvolutionFwdAlgo_t algo, size_t* bytes) {
    return a.cudnnGetConvolutionForwardWorkspaceSize(cudnn(), plan.x, plan.w, plan.conv, plan.y, algo, bytes);
  });
}

void choose_input_grad(ConvPlan& plan) {
  const Api& a = api();
  cudnnConvolutionBwdDataAlgoPerf_t proposals[CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT];
  int count = 0;
  if (refused(a.cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnn(), plan.w, plan.y, plan.conv, plan.x,
                                                            CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT, &count, proposals),
              plan))
    return;
  choose(proposals, count, plan, [&](cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes) {
    return a.cudnnGetConvolutionBackwardDataWorkspaceSize(cudnn(), plan.w, plan.y, plan.conv, plan.x, algo, bytes);
  });
}

void choose_filter_grad(ConvPlan& plan) {
  const Api& a = api();
  cudnnConvolutionBwdFilterAlgoPerf_t proposals[CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT];
  int count = 0;
  if (refused(a.cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnn(), plan.x, plan.y, plan.conv, plan.w,
                                                              CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT, &count, proposals),
              plan))
    return;
  choose(proposals, count, plan, [&](cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes) {
    return a.cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnn(), plan.x, plan.y, plan.conv, plan.w, algo, bytes);
  });
}

ConvPlan make_plan(const ConvShape& s, ConvPass pass, const ConvTypes& types) {
  ConvPlan plan;
  if (!describe(s, types, plan)) return plan;
  if (pass == ConvPass::kForward)
    choose_forward(plan);
  else if (pass == ConvPass::kInputGrad)
    choose_input_grad(plan);
  else
    choose_filter_grad(plan);
  return plan;
}

// The backend's lock keeps others away.
ConvPlan& plan_of(const ConvShape& s, ConvPass pass, const ConvTypes& types) {
  using Key = std::array<int64_t, 19>;
  static std::map<Key, ConvPlan>& plans = *new std::map<Key, ConvPlan>;
  const Key key = {static_cast<int64_t>(pass),
                   s.n,
                   s.h,
                   s.w,
                   s.c,
                   s.k,
                   s.kh,
                   s.kw,
                   s.oh,
                   s.ow,
                   s.stride_h,
                   s.stride_w,
                   s.pad_top,
                   s.pad_left,
                   s.dilation_h,
                   s.dilation_w,
                   s.groups,
                   types.data,
                   types.math};
  const auto known = plans.find(key);
  return known != plans.end() ? known->second : plans.emplace(key, make_plan(s, pass, types)).first->second;
}

// Between the image and its padded copy, row by row.
StridedCopy between(const ConvShape& s, const ConvShape& even, bool into_padded) {
  const int64_t inside[4] = {s.h * s.w * s.c, s.w * s.c, s.c, 1}, padded[4] = {even.h * even.w * s.c, even.w * s.c, s.c, 1};
  const int64_t dims[4] = {s.n, s.h, s.w, s.c};
  StridedCopy copy;
  for (int d = 0; d < 4; ++d) copy.append(dims[d], into_padded ? padded[d] : inside[d], into_padded ? inside[d] : padded[d]);
  return copy;
}

// False where cuDNN does not do what it proposed; the shape is then not tried again.
template <typename T>
bool convolve(ConvPlan& plan, ConvPass pass, const ConvData<T>& d) {
  const Api& a = api();
  const float one = 1, zero = 0;
  const Scratch workspace(plan.workspace);
  void* scratch = workspace.as<void>();
  cudnnStatus_t status;
  if (pass == ConvPass::kForward)
    status = a.cudnnConvolutionForward(cudnn(), &one, plan.x, d.x, plan.w, d.w, plan.conv,
                                       static_cast<cudnnConvolutionFwdAlgo_t>(plan.algorithm), scratch, plan.workspace, &zero,
                                       plan.y, d.y);
  else if (pass == ConvPass::kInputGrad)
    status = a.cudnnConvolutionBackwardData(cudnn(), &one, plan.w, d.w, plan.y, d.y, plan.conv,
                                            static_cast<cudnnConvolutionBwdDataAlgo_t>(plan.algorithm), scratch, plan.workspace,
                                            &zero, plan.x, d.x);
  else
    status = a.cudnnConvolutionBackwardFilter(cudnn(), &one, plan.x, d.x, plan.y, d.y, plan.conv,
                                              static_cast<cudnnConvolutionBwdFilterAlgo_t>(plan.algorithm), scratch,
                                              plan.workspace, &zero, plan.w, d.w);
  if (CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED) {
    plan.algorithm = -1;
    plan.refusal = a.cudnnGetErrorString(status);
    return false;
  }
  check_cudnn(status, "a convolution");
  return true;
}

// The same over aligned memory, which cuDNN's legacy interface takes for given.
template <typename T>
bool convolve_aligned(ConvPlan& plan, const ConvShape& s, ConvPass pass, const ConvData<T>& d) {
  const auto operand = [](T* data, int64_t count, bool is_read) {
    return AlignedOperand(data, static_cast<uint64_t>(count) * sizeof(T), is_read);
  };
  const AlignedOperand x = operand(d.x, s.n * s.h * s.w * s.c, pass != ConvPass::kInputGrad);
  const AlignedOperand w = operand(d.w, s.filter(), pass != ConvPass::kFilterGrad);
  const AlignedOperand y = operand(d.y, s.pixels() * s.k, pass != ConvPass::kForward);
  ConvData<T> aligned = d;
  aligned.x = x.as<T>(), aligned.w = w.as<T>(), aligned.y = y.as<T>();
  if (!convolve(plan, pass, aligned)) return false;
  (pass == ConvPass::kForward ? y : pass == ConvPass::kInputGrad ? x : w).write_back();
  return true;
}

std::string list(std::initializer_list<int64_t> numbers) {
  std::string text;
  for (const int64_t number : numbers) text += (text.empty() ? "[" : ", ") + std::to_string(number);
  return text + "]";
}

// Always false.
template <typename T>
bool note(const ConvShape& s, ConvPass pass, const ConvPlan& plan) {
  constexpr const char* names[] = {"conv2d", "conv2dInputGrad", "conv2dFilterGrad"};
  note_refusal({"cuDNN",
                std::string(names[static_cast<int>(pass)]) + " of " + dtype_name(kDtype<T>) + " images " +
                    list({s.n, s.h, s.w, s.c}) + ", filters " + list({s.k, s.kh, s.kw, s.group_c()}) + ", output " +
                    list({s.n, s.oh, s.ow, s.k}) + ", padding " + list({s.pad_top, s.pad_bottom, s.pad_left, s.pad_right}) +
                    ", strides " + list({s.stride_h, s.stride_w}) + ", dilations " + list({s.dilation_h, s.dilation_w}) +
                    ", groups " + std::to_string(s.groups),
                plan.refusal, sizeof(T) == 2 ? "float32 copies, in TF32" : "own loops, which are slow"});
  return false;
}

}  // namespace

template <typename T>
bool cudnn_conv2d(const ConvShape& s, ConvPass pass, const ConvData<T>& d, ConvMath math) {
  const ConvShape even = even_padding(s);
  if (even.h > INT32_MAX || even.w > INT32_MAX) return false;
  ConvPlan& plan = plan_of(even, pass, conv_types<T>(math));
  if (plan.algorithm < 0) return note<T>(s, pass, plan);
  if (even.h == s.h && even.w == s.w) return convolve_aligned(plan, even, pass, d) || note<T>(s, pass, plan);
  const int64_t count = even.n * even.h * even.w * even.c;
  const Scratch padded(static_cast<uint64_t>(count) * sizeof(T));
  ConvData<T> inside = d;
  inside.x = padded.as<T>();
  T* image = inside.x + (s.pad_top * even.w + s.pad_left) * s.c;
  if (pass != ConvPass::kInputGrad) {
    const T zero = 0;
    fill(inside.x, count, kDtype<T>, &zero);
    copy_strided(between(s, even, true), kDtype<T>, image, d.x);
  }
  if (!convolve_aligned(plan, even, pass, inside)) return note<T>(s, pass, plan);
  if (pass == ConvPass::kInputGrad) copy_strided(between(s, even, false), kDtype<T>, d.x, image);
  return true;
}

template bool cudnn_conv2d(const ConvShape&, ConvPass, const ConvData<float>&, ConvMath);
template bool cudnn_conv2d(const ConvShape&, ConvPass, const ConvData<BFloat16>&, ConvMath);
template bool cudnn_conv2d(const ConvShape&, ConvPass, const ConvData<Float16>&, ConvMath);

}  // namespace hebb
