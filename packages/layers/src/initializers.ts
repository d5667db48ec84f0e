import {
  checkNumber,
  defaultGenerator,
  full,
  type Generator,
  HebbError,
  type Shape,
  showShape,
  sizeOf,
  type Tensor,
  tensor,
} from '@hebb/tensor';
import { orthonormal } from './orthonormal.js';

/** Connections into and out of one unit. */
export interface Fans {
  fanIn: number;
  fanOut: number;
}

export interface InitializerContext {
  dtype: 'float32' | 'float64';
  fans: Fans;
}

/** Makes the first value of a variable, on any device; layers move it to theirs. Those below draw on the CPU: the same bits for every device. */
export type Initializer = (shape: Shape, context: InitializerContext) => Tensor;

/** Random initializers draw from the default generator unless they are given one. */
export interface RandomOptions {
  generator?: Generator;
}

/** Fans of [in, out] for matrices, [out, kh, kw, in] for convolutions. */
export function fansOf(shape: Shape): Fans {
  if (shape.length === 2) return { fanIn: shape[0], fanOut: shape[1] };
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const receptive = sizeOf(shape.slice(1, -1));
  return { fanIn: receptive * shape[shape.length - 1], fanOut: receptive * shape[0] };
}

/** One value everywhere. */
export function constantInitializer(value: number): Initializer {
  checkNumber('constantInitializer', 'the value', value);
  return (shape, { dtype }) => full(shape, value, { dtype, device: 'cpu' });
}

/** Normally distributed within two standard deviations. @param std default 0.05 */
export function truncatedNormalInitializer({
  mean = 0,
  std = 0.05,
  generator,
}: RandomOptions & { mean?: number; std?: number } = {}): Initializer {
  return (shape, { dtype }) => (generator ?? defaultGenerator()).truncatedNormal(shape, { mean, std, dtype, device: 'cpu' });
}

/** Normally distributed. @param std default 0.05 */
export function normalInitializer({
  mean = 0,
  std = 0.05,
  generator,
}: RandomOptions & { mean?: number; std?: number } = {}): Initializer {
  return (shape, { dtype }) => (generator ?? defaultGenerator()).normal(shape, { mean, std, dtype, device: 'cpu' });
}

/** Evenly distributed in [low, high). Default [−0.05, 0.05) */
export function uniformInitializer({
  low = -0.05,
  high = 0.05,
  generator,
}: RandomOptions & { low?: number; high?: number } = {}): Initializer {
  return (shape, { dtype }) => (generator ?? defaultGenerator()).uniform(shape, { low, high, dtype, device: 'cpu' });
}

/** Variance scale / n, n from the fans, normally or evenly distributed. */
function scaled(scale: number, count: (fans: Fans) => number, normal: boolean): (options?: RandomOptions) => Initializer {
  return ({ generator } = {}) =>
    (shape, { dtype, fans }) => {
      const source = generator ?? defaultGenerator();
      const variance = scale / Math.max(1, count(fans));
      if (normal) return source.normal(shape, { std: Math.sqrt(variance), dtype, device: 'cpu' });
      const limit = Math.sqrt(3 * variance);
      return source.uniform(shape, { low: -limit, high: limit, dtype, device: 'cpu' });
    };
}

const average = ({ fanIn, fanOut }: Fans): number => (fanIn + fanOut) / 2;
const incoming = ({ fanIn }: Fans): number => fanIn;

/** Variance 2 / (in + out) (Glorot & Bengio 2010, equation 12): for tanh and sigmoid. */
export const glorotNormal = scaled(1, average, true);
/** Limits ±√(6 / (in + out)) (Glorot & Bengio 2010, equation 16): for tanh and sigmoid. */
export const glorotUniform = scaled(1, average, false);
/** Variance 2 / in (He et al. 2015, equation 10): for relu. */
export const heNormal = scaled(2, incoming, true);
/** Limits ±√(6 / in) (He et al. 2015): for relu. */
export const heUniform = scaled(2, incoming, false);
/** Variance 1 / in (LeCun et al. 1998, section 4.6). */
export const lecunNormal = scaled(1, incoming, true);
/** Limits ±√(3 / in) (LeCun et al. 1998, section 4.6). */
export const lecunUniform = scaled(1, incoming, false);

/** Rows or columns orthonormal, times `gain` (Saxe et al. 2014). The last axis is the columns. @param gain default 1 */
export function orthogonal({ gain = 1, generator }: RandomOptions & { gain?: number } = {}): Initializer {
  checkNumber('orthogonal', 'the gain', gain);
  return (shape, { dtype }) => {
    if (shape.length < 2)
      throw new HebbError('shape', `orthogonal: expected a shape of rank 2 at least, received ${showShape(shape)}.`);
    const columns = shape[shape.length - 1];
    const rows = sizeOf(shape) / columns;
    const draws = (generator ?? defaultGenerator()).normal([sizeOf(shape)], { dtype: 'float64', device: 'cpu' }).dataSync();
    const values = orthonormal(draws, rows, columns).map((value) => value * gain);
    return tensor(values, { shape, device: 'cpu' }).cast(dtype);
  };
}

const NAMED = {
  zeros: constantInitializer(0),
  ones: constantInitializer(1),
  normal: normalInitializer(),
  uniform: uniformInitializer(),
  truncatedNormal: truncatedNormalInitializer(),
  glorotNormal: glorotNormal(),
  glorotUniform: glorotUniform(),
  heNormal: heNormal(),
  heUniform: heUniform(),
  lecunNormal: lecunNormal(),
  lecunUniform: lecunUniform(),
  orthogonal: orthogonal(),
};

/** An initializer, or the name of one with its defaults. */
export type InitializerLike = Initializer | keyof typeof NAMED;

/** @throws HebbError `argument` for a name that is none. */
export function initializerOf(initializer: InitializerLike): Initializer {
  if (typeof initializer === 'function') return initializer;
  if (Object.hasOwn(NAMED, initializer)) return NAMED[initializer];
  throw new HebbError(
    'argument',
    `Unknown initializer "${initializer}"; expected a function or one of ${Object.keys(NAMED).join(', ')}.`,
  );
}
