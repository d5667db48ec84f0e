import type { Device } from './core/device.js';
import type { DType, IndexDType } from './core/dtype.js';
import { setTensorClass } from './core/evaluator.js';
import { INSPECT, printValues } from './core/print.js';
import type { Shape } from './core/shape.js';
import { TensorCore } from './core/tensor-core.js';
import * as ops from './ops/index.js';
import { dropout } from './random/dropout.js';
import type { Generator } from './random/generator.js';

/** What `toArray` returns: numbers, bigints or booleans in arrays as deep as the rank. */
export type NestedArray = number | bigint | boolean | NestedArray[];

/**
 * An immutable, dense, row-major array of one dtype. Every method is the function of the same name with this tensor in front:
 * `x.softmax()` is `softmax(x)`; the functions hold the documentation.
 */
export class Tensor<D extends DType = DType> extends TensorCore<D> {
  /** The values as nested arrays. */
  toArray(): NestedArray {
    const values = this.dataSync();
    const convert = (value: number | bigint): NestedArray => (this.dtype === 'bool' ? value !== 0 : value);
    const nest = (depth: number, offset: number, stride: number): NestedArray => {
      if (depth === this.rank) return convert(values[offset]);
      const inner = this.shape[depth] === 0 ? 0 : stride / this.shape[depth];
      return Array.from({ length: this.shape[depth] }, (_, i) => nest(depth + 1, offset + i * inner, inner));
    };
    return nest(0, 0, this.size);
  }

  /** "Tensor(float32 [2, 3])", or "Tensor(float32 [2, 3] on cuda)"; the values are read with `data()`. */
  override toString(): string {
    const where = this.device === 'cpu' ? '' : ` on ${this.device}`;
    return `Tensor(${this.dtype} [${this.shape.join(', ')}]${where}${this.disposed ? ', disposed' : ''})`;
  }

  /** What `console.log` shows: the same, and the values; without them where it lies deep in an object. */
  [INSPECT](depth = 1): string {
    const values = depth < 1 ? undefined : printValues(this);
    return `${this}${values === undefined ? '' : this.rank > 1 ? `\n${values}` : ` ${values}`}`;
  }

  /** −x. */
  neg(): Tensor<D> {
    return ops.neg(this);
  }

  /** |x|. */
  abs(): Tensor<D> {
    return ops.abs(this);
  }

  /** −1, 0 or 1. */
  sign(): Tensor<D> {
    return ops.sign(this);
  }

  /** eˣ. */
  exp(): Tensor<D> {
    return ops.exp(this);
  }

  /** Natural logarithm. */
  log(): Tensor<D> {
    return ops.log(this);
  }

  /** ln(1 + x). */
  log1p(): Tensor<D> {
    return ops.log1p(this);
  }

  /** eˣ − 1. */
  expm1(): Tensor<D> {
    return ops.expm1(this);
  }

  /** Square root. */
  sqrt(): Tensor<D> {
    return ops.sqrt(this);
  }

  /** 1 / √x. */
  rsqrt(): Tensor<D> {
    return ops.rsqrt(this);
  }

  /** x². */
  square(): Tensor<D> {
    return ops.square(this);
  }

  /** 1 / x. */
  reciprocal(): Tensor<D> {
    return ops.reciprocal(this);
  }

  /** Sine of radians. */
  sin(): Tensor<D> {
    return ops.sin(this);
  }

  /** Cosine of radians. */
  cos(): Tensor<D> {
    return ops.cos(this);
  }

  /** The error function. */
  erf(): Tensor<D> {
    return ops.erf(this);
  }

  /** Round down. */
  floor(): Tensor<D> {
    return ops.floor(this);
  }

  /** Round up. */
  ceil(): Tensor<D> {
    return ops.ceil(this);
  }

  /** Round to nearest, ties to even. */
  round(): Tensor<D> {
    return ops.round(this);
  }

  /** Hyperbolic tangent. */
  tanh(): Tensor<D> {
    return ops.tanh(this);
  }

  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): Tensor<D> {
    return ops.sigmoid(this);
  }

  /** max(x, 0). */
  relu(): Tensor<D> {
    return ops.relu(this);
  }

  /** x·sigmoid(x). */
  silu(): Tensor<D> {
    return ops.silu(this);
  }

  /** ln(1 + eˣ). */
  softplus(): Tensor<D> {
    return ops.softplus(this);
  }

  /** x where positive, alpha·x elsewhere; alpha 0.01. */
  leakyRelu(alpha?: number): Tensor<D> {
    return ops.leakyRelu(this, alpha);
  }

  /** x where positive, alpha·(eˣ − 1) elsewhere; alpha 1. */
  elu(alpha?: number): Tensor<D> {
    return ops.elu(this, alpha);
  }

  /** x·Φ(x). */
  gelu(options?: { approximate?: 'none' | 'tanh' }): Tensor<D> {
    return ops.gelu(this, options);
  }

  /** Limited to [min, max]. */
  clip(min: number, max: number): Tensor<D> {
    return ops.clip(this, min, max);
  }

  /** In another dtype. */
  cast<E extends DType>(dtype: E): Tensor<E> {
    return ops.cast(this, dtype);
  }

  /** On another device. */
  to(device: Device): Tensor<D> {
    return ops.to(this, device);
  }

  /** this + b. */
  add(b: ops.Operand<D>): Tensor<D> {
    return ops.add(this, b);
  }

  /** this − b. */
  sub(b: ops.Operand<D>): Tensor<D> {
    return ops.sub(this, b);
  }

  /** this·b, elementwise. */
  mul(b: ops.Operand<D>): Tensor<D> {
    return ops.mul(this, b);
  }

  /** this / b. */
  div(b: ops.Operand<D>): Tensor<D> {
    return ops.div(this, b);
  }

  /** thisᵇ. */
  pow(b: ops.Operand<D>): Tensor<D> {
    return ops.pow(this, b);
  }

  /** The larger of the two. */
  maximum(b: ops.Operand<D>): Tensor<D> {
    return ops.maximum(this, b);
  }

  /** The smaller of the two. */
  minimum(b: ops.Operand<D>): Tensor<D> {
    return ops.minimum(this, b);
  }

  /** The remainder with b's sign. */
  mod(b: ops.Operand<D>): Tensor<D> {
    return ops.mod(this, b);
  }

  /** this = b. */
  equal(b: ops.Operand<D>): Tensor<'bool'> {
    return ops.equal(this, b);
  }

  /** this ≠ b. */
  notEqual(b: ops.Operand<D>): Tensor<'bool'> {
    return ops.notEqual(this, b);
  }

  /** this < b. */
  less(b: ops.Operand<D>): Tensor<'bool'> {
    return ops.less(this, b);
  }

  /** this ≤ b. */
  lessEqual(b: ops.Operand<D>): Tensor<'bool'> {
    return ops.lessEqual(this, b);
  }

  /** this > b. */
  greater(b: ops.Operand<D>): Tensor<'bool'> {
    return ops.greater(this, b);
  }

  /** this ≥ b. */
  greaterEqual(b: ops.Operand<D>): Tensor<'bool'> {
    return ops.greaterEqual(this, b);
  }

  /** this and b. */
  logicalAnd(this: Tensor<'bool'>, b: Tensor<'bool'>): Tensor<'bool'> {
    return ops.logicalAnd(this, b);
  }

  /** this or b. */
  logicalOr(this: Tensor<'bool'>, b: Tensor<'bool'>): Tensor<'bool'> {
    return ops.logicalOr(this, b);
  }

  /** Exactly one of the two. */
  logicalXor(this: Tensor<'bool'>, b: Tensor<'bool'>): Tensor<'bool'> {
    return ops.logicalXor(this, b);
  }

  /** not this. */
  logicalNot(this: Tensor<'bool'>): Tensor<'bool'> {
    return ops.logicalNot(this);
  }

  /** Where this is NaN. */
  isNaN(): Tensor<'bool'> {
    return ops.isNaN(this);
  }

  /** Where this is neither NaN nor infinite. */
  isFinite(): Tensor<'bool'> {
    return ops.isFinite(this);
  }

  /** a where this holds, b elsewhere. */
  where<E extends DType>(this: Tensor<'bool'>, a: ops.Operand<E>, b: ops.Operand<E>): Tensor<E> {
    return ops.where(this, a, b);
  }

  /** Σ over axes (all when left out). */
  sum(axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<D> {
    return ops.sum(this, axes, options);
  }

  /** The mean over axes (all when left out). */
  mean(axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<D> {
    return ops.mean(this, axes, options);
  }

  /** The largest over axes (all when left out). */
  max(axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<D> {
    return ops.max(this, axes, options);
  }

  /** The smallest over axes (all when left out). */
  min(axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<D> {
    return ops.min(this, axes, options);
  }

  /** Π over axes (all when left out). */
  prod(axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<D> {
    return ops.prod(this, axes, options);
  }

  /** ln Σeˣ over axes (all when left out). */
  logSumExp(axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<D> {
    return ops.logSumExp(this, axes, options);
  }

  /** The variance over axes (all when left out). */
  variance(axes?: ops.Axes, options?: ops.ReduceOptions & { correction?: number }): Tensor<D> {
    return ops.variance(this, axes, options);
  }

  /** Whether all hold. */
  all(this: Tensor<'bool'>, axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<'bool'> {
    return ops.all(this, axes, options);
  }

  /** Whether any holds. */
  any(this: Tensor<'bool'>, axes?: ops.Axes, options?: ops.ReduceOptions): Tensor<'bool'> {
    return ops.any(this, axes, options);
  }

  /** Where the largest is along an axis (int32; −1, the last). */
  argMax(axis?: number): Tensor<'int32'> {
    return ops.argMax(this, axis);
  }

  /** Where the smallest is along an axis (int32; −1, the last). */
  argMin(axis?: number): Tensor<'int32'> {
    return ops.argMin(this, axis);
  }

  /** Another shape over the same memory; one −1 is worked out. */
  reshape(shape: Shape): Tensor<D> {
    return ops.reshape(this, shape);
  }

  /** Without dimensions of 1. */
  squeeze(axes?: number | readonly number[]): Tensor<D> {
    return ops.squeeze(this, axes);
  }

  /** With a dimension of 1 at an axis. */
  expandDims(axis: number): Tensor<D> {
    return ops.expandDims(this, axis);
  }

  /** All axes from `start` (0) on in one. */
  flatten(start?: number): Tensor<D> {
    return ops.flatten(this, start);
  }

  /** Axes in another order (reversed). */
  transpose(permutation?: readonly number[]): Tensor<D> {
    return ops.transpose(this, permutation);
  }

  /** Repeated along axes of dimension 1 and new ones in front. */
  broadcastTo(shape: Shape): Tensor<D> {
    return ops.broadcastTo(this, shape);
  }

  /** Joined with others along an axis (0). */
  concat(others: readonly Tensor<D>[], axis?: number): Tensor<D> {
    return ops.concat([this, ...others], axis);
  }

  /** A block: element i is element start + i·step. */
  slice(start: readonly number[], size: Shape, step?: readonly number[]): Tensor<D> {
    return ops.slice(this, start, size, step);
  }

  /** Consecutive parts along an axis (0). */
  split(parts: number | readonly number[], axis?: number): Tensor<D>[] {
    return ops.split(this, parts, axis);
  }

  /** Reversed along axes (all). */
  flip(axes?: number | readonly number[]): Tensor<D> {
    return ops.flip(this, axes);
  }

  /** With a border of `value` (0). */
  pad(widths: readonly (readonly [number, number])[], value?: number): Tensor<D> {
    return ops.pad(this, widths, value);
  }

  /** Rows along an axis (0), in the order of the indices. */
  gather(indices: Tensor<IndexDType>, axis?: number): Tensor<D> {
    return ops.gather(this, indices, axis);
  }

  /** For each index, the element along an axis (−1). */
  takeAlongAxis(indices: Tensor<IndexDType>, axis?: number): Tensor<D> {
    return ops.takeAlongAxis(this, indices, axis);
  }

  /** A row of `depth` values per index, 1 at the index. */
  oneHot<E extends DType = 'float32'>(
    this: Tensor<IndexDType>,
    depth: number,
    options?: { on?: number; off?: number; dtype?: E },
  ): Tensor<E> {
    return ops.oneHot(this, depth, options);
  }

  /** Repeated side by side. */
  tile(repeats: readonly number[]): Tensor<D> {
    return ops.tile(this, repeats);
  }

  /** In memory of its own. */
  clone(): Tensor<D> {
    return ops.clone(this);
  }

  /** The same values, through which no gradient flows. */
  stopGradient(): Tensor<D> {
    return ops.stopGradient(this);
  }

  /** Matrix product over the last two axes. */
  matmul(b: Tensor<D>, options?: ops.MatmulOptions<D>): Tensor<D> {
    return ops.matmul(this, b, options);
  }

  /** Cross-correlation of [N, H, W, C] with weights [out, kh, kw, in]. */
  conv2d(weights: Tensor<D>, options?: ops.Conv2dOptions<D>): Tensor<D> {
    return ops.conv2d(this, weights, options);
  }

  /** The largest of each window of [N, H, W, C]. */
  maxPool2d(size: ops.Pair, options?: ops.PoolOptions): Tensor<D> {
    return ops.maxPool2d(this, size, options);
  }

  /** The mean of each window of [N, H, W, C]. */
  avgPool2d(size: ops.Pair, options?: ops.PoolOptions & { countPadding?: boolean }): Tensor<D> {
    return ops.avgPool2d(this, size, options);
  }

  /** The mean of each of H'×W' bins of [N, H, W, C]. */
  adaptiveAvgPool2d(size: ops.Pair): Tensor<D> {
    return ops.adaptiveAvgPool2d(this, size);
  }

  /** The mean of each image and channel: [N, C]. */
  globalAvgPool2d(): Tensor<D> {
    return ops.globalAvgPool2d(this);
  }

  /** The largest of each image and channel: [N, C]. */
  globalMaxPool2d(): Tensor<D> {
    return ops.globalMaxPool2d(this);
  }

  /** eˣ / Σeˣ along an axis (−1). */
  softmax(axis?: number): Tensor<D> {
    return ops.softmax(this, axis);
  }

  /** x − ln Σeˣ along an axis (−1). */
  logSoftmax(axis?: number): Tensor<D> {
    return ops.logSoftmax(this, axis);
  }

  /** Losses [...] of logits [..., C] against labels [...] or probabilities [..., C]. */
  softmaxCrossEntropy(labels: Tensor): Tensor<D> {
    return ops.softmaxCrossEntropy(this, labels);
  }

  /** Zeroes elements with a probability, scaling the others up. */
  dropout(rate: number, generator?: Generator): Tensor<D> {
    return dropout(this, rate, generator);
  }
}

setTensorClass(Tensor);
