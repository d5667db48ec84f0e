export { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './activation.js';
export { adaptiveAvgPool2d } from './adaptivePool.js';
export { again } from './again.js';
export { arange, eye, linspace } from './arange.js';
export { argMax, argMin } from './argReduce.js';
export { type AttentionOptions, scaledDotProductAttention, selfAttention } from './attention.js';
export { type BatchNormResult, batchNorm } from './batchNorm.js';
export { add, div, maximum, minimum, mod, mul, type Operand, pow, sub } from './binary.js';
export { broadcastTo } from './broadcastTo.js';
export { cast } from './cast.js';
export {
  equal,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from './compare.js';
export { concat, stack } from './concat.js';
export { type Conv2dOptions, conv2d } from './conv2d.js';
export { clone } from './copy.js';
export { full, ones, onesLike, scalar, zeros, zerosLike } from './full.js';
export { gather, scatterAdd, scatterAddAlongAxis, takeAlongAxis } from './gather.js';
export { type GroupNormParameters, groupNorm } from './groupNorm.js';
export { layerNorm } from './layerNorm.js';
export { type LstmState, lstm } from './lstm.js';
export { type MatmulOptions, matmul } from './matmul.js';
export { oneHot } from './oneHot.js';
export { avgPool2d, globalAvgPool2d, globalMaxPool2d, maxPool2d, type PoolOptions } from './pool.js';
export { type Axes, all, any, logSumExp, max, mean, min, prod, type ReduceOptions, sum, variance } from './reduce.js';
export { expandDims, flatten, reshape, squeeze } from './reshape.js';
export { flip, pad, slice, split } from './slice.js';
export { logSoftmax, softmax } from './softmax.js';
export { softmaxCrossEntropy } from './softmaxCrossEntropy.js';
export { stopGradient } from './stopGradient.js';
export { type Nested, type TensorOptions, type TypedArray, tensor } from './tensor.js';
export { tile } from './tile.js';
export { to } from './to.js';
export { transpose } from './transpose.js';
export {
  abs,
  ceil,
  clip,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
} from './unary.js';
export { type AdamUpdate, adamUpdate, type SgdUpdate, sgdUpdate } from './update.js';
export { where } from './where.js';
export type { Padding, Pair, WindowOptions } from './window.js';
