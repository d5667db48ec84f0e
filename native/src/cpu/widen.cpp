#include "cpu/widen.h"

#include <algorithm>
#include <array>

#include "cpu/check.h"
#include "cpu/map.h"
#include "cpu/scratch.h"

namespace hebb {
namespace {

enum OpCode : uint32_t {
#define HEBB_OP(name) op_##name,
#include "hebb/ops.def"
#undef HEBB_OP
  op_count
};

constexpr OpCode kTakesHalves[] = {
    // elementwise
    op_neg, op_abs, op_sign, op_exp, op_log, op_log1p, op_expm1, op_sqrt, op_rsqrt, op_square, op_reciprocal, op_tanh, op_erf,
    op_sigmoid, op_relu, op_leakyRelu, op_elu, op_gelu, op_silu, op_softplus, op_floor, op_ceil, op_round, op_clip, op_isNaN,
    op_isFinite, op_cast, op_add, op_sub, op_mul, op_div, op_pow, op_maximum, op_minimum, op_mod, op_equal, op_notEqual, op_less,
    op_lessEqual, op_greater, op_greaterEqual, op_reluGrad, op_tanhGrad, op_sigmoidGrad, op_geluGrad,
    // moving data
    op_where, op_full, op_copy, op_transpose, op_broadcastTo, op_concat, op_slice, op_pad, op_gather, op_takeAlongAxis, op_oneHot,
    // the rest
    op_sum, op_mean, op_max, op_min, op_prod, op_matmul, op_conv2d, op_conv2dInputGrad, op_conv2dFilterGrad, op_maxPool2d,
    op_avgPool2d, op_batchNorm, op_batchNormGrad, op_layerNorm, op_layerNormGrad, op_lstm, op_lstmGrad};

constexpr auto kTable = [] {
  std::array<bool, op_count> table = {};
  for (const OpCode op : kTakesHalves) table[op] = true;
  return table;
}();

bool is_half(const View& view) { return view.dtype == HEBB_BFLOAT16 || view.dtype == HEBB_FLOAT16; }

struct WidenScratch {};

struct Same {
  float operator()(float x) const { return x; }
};

template <typename Body>
void with_half(const View& view, const Body& body) {
  if (view.dtype == HEBB_BFLOAT16)
    body(data<BFloat16>(view));
  else
    body(data<Float16>(view));
}

// The views with float32 memory in place of 16-bit memory.
class Copies {
 public:
  explicit Copies(const Call& call) : call_(call) {
    size_t bytes = 0;
    for (uint32_t i = 0; i < count(); ++i)
      if (is_half(original(i))) bytes += size(original(i));
    char* memory = static_cast<char*>(thread_scratch<WidenScratch>().get(bytes));
    for (uint32_t i = 0; i < count(); ++i) {
      views_[i] = original(i);
      if (!is_half(views_[i])) continue;
      views_[i].dtype = HEBB_FLOAT32;
      views_[i].data = memory;
      memory += size(original(i));
    }
  }

  Call call() const {
    Call widened = call_;
    widened.outputs = views_;
    widened.inputs = views_ + call_.n_outputs;
    return widened;
  }

  void read() const {
    for (uint32_t i = call_.n_outputs; i < count(); ++i)
      if (is_half(original(i)))
        with_half(original(i), [&](auto* from) { map(data<float>(views_[i]), from, elements(views_[i]), Same{}); });
  }

  void write() const {
    for (uint32_t i = 0; i < call_.n_outputs; ++i)
      if (is_half(original(i)))
        with_half(original(i), [&](auto* to) { map(to, data<float>(views_[i]), elements(views_[i]), Same{}); });
  }

 private:
  uint32_t count() const { return call_.n_outputs + call_.n_inputs; }
  const View& original(uint32_t i) const { return i < call_.n_outputs ? call_.outputs[i] : call_.inputs[i - call_.n_outputs]; }
  static size_t size(const View& view) { return (static_cast<size_t>(elements(view)) * sizeof(float) + 63) / 64 * 64; }

  const Call& call_;
  View views_[HEBB_MAX_OPERANDS];
};

template <typename Test>
bool any_view(const Call& call, const Test& test) {
  return std::any_of(call.outputs, call.outputs + call.n_outputs, test) ||
         std::any_of(call.inputs, call.inputs + call.n_inputs, test);
}

}  // namespace

bool has_halves(const Call& call) { return any_view(call, is_half); }

bool takes_halves(uint32_t op) { return kTable[op]; }

int run_widened(Kernel kernel, const Call& call, hebb_error& error) {
  // What memory cannot back is the kernel's to refuse.
  const bool bad = any_view(call, [](const View& view) { return !valid_view(view); });
  if (bad || call.n_outputs + call.n_inputs > HEBB_MAX_OPERANDS) return kernel(call, error);
  const Copies copies(call);
  copies.read();
  const int status = kernel(copies.call(), error);
  if (status == HEBB_OK) copies.write();
  return status;
}

}  // namespace hebb
