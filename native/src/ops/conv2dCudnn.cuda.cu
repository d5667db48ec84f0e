// Convolutions through cuDNN 9, whose plan for a shape is kept for the life of the process.
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "cpu/dtype.h"
#include "cuda/alignedOperand.h"
#include "cuda/device.h"
#include "cuda/dnnChoice.h"
#include "cuda/refusals.h"
#include "ops/conv2d.cuda.h"
#include "ops/conv2dGraph.cuda.h"

namespace hebb {
namespace {

constexpr int64_t kMaxWorkspace = int64_t{1} << 30;

struct ConvChoice {
  std::optional<DnnPlan> plan;
  std::string refusal;  // why there is none
};

cudnnDataType_t cudnn_type(int dtype) {
  if (dtype == HEBB_BFLOAT16) return CUDNN_DATA_BFLOAT16;
  return dtype == HEBB_FLOAT16 ? CUDNN_DATA_HALF : CUDNN_DATA_FLOAT;
}

bool is_half(int dtype) { return dtype == HEBB_BFLOAT16 || dtype == HEBB_FLOAT16; }

// All that a plan depends on.
constexpr size_t kShapeNumbers = sizeof(ConvShape) / sizeof(int64_t);
using Key = std::array<int64_t, kShapeNumbers + 5>;

Key key_of(const ConvShape& s, ConvPass pass, const ConvArrays& arrays, const DnnRules& rules) {
  Key key = {static_cast<int64_t>(pass), arrays.dtype, arrays.filter_dtype, arrays.bias != nullptr, rules.tensor_cores};
  std::memcpy(key.data() + key.size() - kShapeNumbers, &s, sizeof s);
  return key;
}

ConvChoice choose(const Key& key, const ConvShape& s, ConvPass pass, const ConvArrays& arrays, const DnnRules& rules,
                  const std::vector<DnnOperand>& operands) {
  std::string name = "convolution";
  for (const int64_t number : key) name += " " + std::to_string(number);
  try {
    const ConvTypes types = {cudnn_type(arrays.dtype), cudnn_type(arrays.filter_dtype), arrays.bias != nullptr};
    const DnnGraph graph = conv_graph(s, pass, types);
    return {choose_plan(name, graph, rules, operands), ""};
  } catch (const DnnRefusal& refusal) {
    return {std::nullopt, refusal.what()};
  }
}

// False where cuDNN has no plan, or does not do what it proposed; the shape is then not tried again. The backend's lock keeps
// others away.
bool convolve(const ConvShape& s, ConvPass pass, const ConvArrays& arrays, const DnnRules& rules, std::string& refusal) {
  static std::map<Key, ConvChoice>& choices = *new std::map<Key, ConvChoice>;
  std::vector<DnnOperand> operands = {{kConvX, arrays.x}, {kConvW, arrays.w}, {kConvY, arrays.y}};
  if (arrays.bias != nullptr) operands.push_back({kConvBias, const_cast<void*>(arrays.bias)});
  const Key key = key_of(s, pass, arrays, rules);
  auto known = choices.find(key);
  if (known == choices.end()) known = choices.emplace(key, choose(key, s, pass, arrays, rules, operands)).first;
  ConvChoice& choice = known->second;
  try {
    if (choice.plan) return run_plan(*choice.plan, operands), true;
  } catch (const DnnRefusal& problem) {
    choice = {std::nullopt, problem.what()};
  }
  refusal = choice.refusal;
  return false;
}

// The same over aligned memory, which plans are made for: for other memory there are slow ones only.
bool convolve_aligned(const ConvShape& s, ConvPass pass, const ConvArrays& arrays, const DnnRules& rules, std::string& refusal) {
  const auto operand = [](void* data, int64_t count, int dtype, bool is_read) {
    return AlignedOperand(data, static_cast<uint64_t>(count) * dtype_bytes(dtype), is_read);
  };
  const AlignedOperand x = operand(arrays.x, s.n * s.h * s.w * s.c, arrays.dtype, pass != ConvPass::kInputGrad);
  const AlignedOperand w = operand(arrays.w, s.filter(), arrays.filter_dtype, pass != ConvPass::kFilterGrad);
  const AlignedOperand y = operand(arrays.y, s.pixels() * s.k, arrays.dtype, pass != ConvPass::kForward);
  const AlignedOperand bias = operand(const_cast<void*>(arrays.bias), s.k, arrays.dtype, true);
  ConvArrays aligned = arrays;
  aligned.x = x.as<void>(), aligned.w = w.as<void>(), aligned.y = y.as<void>(), aligned.bias = bias.as<void>();
  if (!convolve(s, pass, aligned, rules, refusal)) return false;
  (pass == ConvPass::kForward ? y : pass == ConvPass::kInputGrad ? x : w).write_back();
  return true;
}

std::string list(std::initializer_list<int64_t> numbers) {
  std::string text;
  for (const int64_t number : numbers) text += (text.empty() ? "[" : ", ") + std::to_string(number);
  return text + "]";
}

std::string describe(const ConvShape& s, ConvPass pass, const ConvArrays& arrays) {
  constexpr const char* names[] = {"conv2d", "conv2dInputGrad", "conv2dFilterGrad"};
  const bool converts = arrays.filter_dtype != arrays.dtype;
  return std::string(names[static_cast<int>(pass)]) + " of " + dtype_name(arrays.dtype) + " images " +
         list({s.n, s.h, s.w, s.c}) + ", " + (converts ? dtype_name(arrays.filter_dtype) + std::string(" ") : "") + "filters " +
         list({s.k, s.kh, s.kw, s.group_c()}) + ", output " + list({s.n, s.oh, s.ow, s.k}) + ", padding " +
         list({s.pad_top, s.pad_bottom, s.pad_left, s.pad_right}) + ", strides " + list({s.stride_h, s.stride_w}) +
         ", dilations " + list({s.dilation_h, s.dilation_w}) + ", groups " + std::to_string(s.groups) +
         (arrays.bias == nullptr ? "" : ", with a bias");
}

}  // namespace

bool cudnn_conv2d(const ConvShape& s, ConvPass pass, const ConvArrays& arrays, ConvMath math) {
  const bool converts = arrays.filter_dtype != arrays.dtype;
  if (converts && s.pixels() * s.filter() < device().worth_compiling) return false;
  // 16 bits are multiplied exactly.
  const DnnRules rules = {is_half(arrays.dtype) || math == ConvMath::kTf32, kMaxWorkspace};
  std::string refusal;
  if (convolve_aligned(s, pass, arrays, rules, refusal)) return true;
  note_refusal({"cuDNN", describe(s, pass, arrays), refusal,
                is_half(arrays.dtype) ? "float32 copies, in TF32" : "own loops, which are slow"});
  return false;
}

}  // namespace hebb
