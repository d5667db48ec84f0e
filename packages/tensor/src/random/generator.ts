import { checkInteger, checkNumber } from '../core/check.js';
import { type Device, deviceOption } from '../core/device.js';
import { checkDType, type FloatDType, isFloat } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply } from '../core/op.js';
import { scope } from '../core/scope.js';
import { checkShape, type Shape, sizeOf } from '../core/shape.js';
import { draw, randomNormalOp, randomPermutationOp, randomTruncatedNormalOp, randomUniformOp } from '../ops/random.js';
import { tensor } from '../ops/tensor.js';
import type { Tensor } from '../tensor.js';
import { Variable } from '../variable.js';

export interface UniformOptions<D extends FloatDType> {
  /** Smallest value; default 0. */
  low?: number;
  /** Values stay below; default 1. */
  high?: number;
  /** Default float32. */
  dtype?: D;
  /** Default: `getDefaultDevice()`. */
  device?: Device;
}

export interface NormalOptions<D extends FloatDType> {
  /** Default 0. */
  mean?: number;
  /** Standard deviation; default 1. */
  std?: number;
  /** Default float32. */
  dtype?: D;
  /** Default: `getDefaultDevice()`. */
  device?: Device;
}

type Distribution = typeof randomUniformOp;

/**
 * A stream of random numbers: Philox4x32-10 (Salmon et al. 2011), a function of seed and counter alone, so the same seed gives the
 * same numbers on every device and for any number of threads. The state is a Variable: compiled steps and checkpoints carry it on. It
 * follows the draws to their device.
 */
export class Generator {
  /** int64 [seed, counter] */
  readonly state: Variable<'int64'>;

  /** @throws HebbError `range` unless the seed is a whole number that 64 bits hold. */
  constructor(seed: number | bigint) {
    this.state = scope(() => new Variable(seedState(seed, 'cpu'), { name: 'generator', trainable: false, follows: true }));
  }

  /** Starts the stream of another seed. */
  reseed(seed: number | bigint): void {
    scope(() => this.state.assign(seedState(seed, this.state.device)));
  }

  /** Evenly distributed in [low, high). @throws HebbError `range` unless low ≤ high and both are finite. */
  uniform<D extends FloatDType = 'float32'>(
    shape: Shape,
    { low = 0, high = 1, dtype, device }: UniformOptions<D> = {},
  ): Tensor<D> {
    checkFinite('uniform', 'low', low);
    checkFinite('uniform', 'high', high);
    if (low > high) throw new HebbError('range', `uniform: expected low ≤ high, received ${low} and ${high}.`);
    return this.next('uniform', randomUniformOp, shape, [low, high], dtype, device);
  }

  /** Normally distributed (Box–Muller). @throws HebbError `range` for a negative or infinite standard deviation. */
  normal<D extends FloatDType = 'float32'>(shape: Shape, options: NormalOptions<D> = {}): Tensor<D> {
    return this.next('normal', randomNormalOp, shape, moments('normal', options), options.dtype, options.device);
  }

  /** Normally distributed, limited to two standard deviations around the mean. */
  truncatedNormal<D extends FloatDType = 'float32'>(shape: Shape, options: NormalOptions<D> = {}): Tensor<D> {
    return this.next(
      'truncatedNormal',
      randomTruncatedNormalOp,
      shape,
      moments('truncatedNormal', options),
      options.dtype,
      options.device,
    );
  }

  /** True with the probability given. @throws HebbError `range` for a probability outside [0, 1]. */
  bernoulli(shape: Shape, probability: number, { device }: { device?: Device } = {}): Tensor<'bool'> {
    checkNumber('bernoulli', 'the probability', probability, 0, 1);
    return scope(() => this.uniform(shape, { device }).less(probability));
  }

  /** The numbers from 0 to count − 1 in random order. */
  permutation(count: number, { device }: { device?: Device } = {}): Tensor<'int32'> {
    checkInteger('permutation', 'count', count, 0, 0x7fffffff);
    const place = deviceOption(device, 'permutation');
    return scope(() => {
      const order = apply<number, 'int32'>(randomPermutationOp, [this.state.valueOn(place)], count);
      this.advance(count);
      return order;
    });
  }

  private next<D extends FloatDType>(
    name: string,
    op: Distribution,
    shape: Shape,
    parameters: readonly [number, number],
    dtype: D = 'float32' as D,
    device?: Device,
  ): Tensor<D> {
    const place = deviceOption(device, name);
    checkShape(shape, name);
    checkDType(dtype, name);
    if (!isFloat(dtype))
      throw new HebbError('dtype', `${name}: expected a float dtype, received ${String(dtype)}; draw, then cast.`);
    return scope(() => {
      const compute = dtype === 'float64' ? 'float64' : 'float32';
      const values = draw(op, this.state.valueOn(place), { shape: [...shape], dtype: compute, parameters });
      this.advance(sizeOf(shape));
      return values.cast(dtype);
    });
  }

  /** Leaves room for the block of every element: streams of one generator never overlap. */
  private advance(elements: number): void {
    const { value } = this.state;
    this.state.assign(value.add(tensor(BigInt64Array.of(0n, BigInt(elements)), { device: value.device })));
  }
}

function seedState(seed: number | bigint, device: Device): Tensor<'int64'> {
  if (typeof seed === 'number') checkInteger('Generator', 'the seed', seed, Number.MIN_SAFE_INTEGER);
  const bits = BigInt(seed);
  if (BigInt.asIntN(64, bits) !== bits && BigInt.asUintN(64, bits) !== bits) {
    throw new HebbError('range', `Generator: expected a seed of 64 bits at most, received ${seed}.`);
  }
  return tensor(BigInt64Array.of(BigInt.asIntN(64, bits), 0n), { device });
}

function moments<D extends FloatDType>(name: string, { mean = 0, std = 1 }: NormalOptions<D>): [number, number] {
  checkFinite(name, 'mean', mean);
  checkNumber(name, 'std', std, 0, Number.MAX_VALUE);
  return [mean, std];
}

function checkFinite(name: string, what: string, value: number): void {
  checkNumber(name, what, value, -Number.MAX_VALUE, Number.MAX_VALUE);
}
