#include <array>

#include "cpu/widen.h"

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
    op_neg, op_abs, op_sign, op_exp, op_log, op_log1p, op_expm1, op_sqrt, op_rsqrt, op_square, op_reciprocal, op_sin, op_cos,
    op_tanh, op_erf, op_sigmoid, op_relu, op_leakyRelu, op_elu, op_gelu, op_silu, op_softplus, op_floor, op_ceil, op_round,
    op_clip, op_isNaN, op_isFinite, op_cast, op_add, op_sub, op_mul, op_div, op_pow, op_maximum, op_minimum, op_mod, op_equal,
    op_notEqual, op_less, op_lessEqual, op_greater, op_greaterEqual, op_reluGrad, op_tanhGrad, op_sigmoidGrad, op_geluGrad,
    // creation and random numbers
    op_full, op_arange, op_randomUniform, op_randomNormal, op_randomTruncatedNormal,
    // moving data
    op_where, op_copy, op_transpose, op_broadcastTo, op_concat, op_slice, op_pad, op_gather, op_takeAlongAxis, op_oneHot,
    // the rest
    op_sum, op_mean, op_max, op_min, op_prod, op_matmul, op_conv2d, op_conv2dInputGrad, op_conv2dFilterGrad, op_maxPool2d,
    op_avgPool2d, op_batchNorm, op_batchNormGrad, op_layerNorm, op_layerNormGrad, op_lstm, op_lstmGrad, op_attention,
    op_attentionGrad, op_fused};

constexpr auto kTable = [] {
  std::array<bool, op_count> table = {};
  for (const OpCode op : kTakesHalves) table[op] = true;
  return table;
}();

}  // namespace

bool takes_halves(uint32_t op) { return kTable[op]; }

}  // namespace hebb
