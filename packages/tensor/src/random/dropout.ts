import { checkFloat, checkNumber } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';
import { defaultGenerator } from './default.js';
import type { Generator } from './generator.js';

/**
 * Zeroes each element with probability `rate` and scales the others by 1 / (1 − rate), so that the expectation stays (Srivastava et
 * al. 2014, section 10, inverted).
 * @param generator default: the default generator
 * @throws HebbError `range` unless 0 ≤ rate < 1.
 */
export function dropout<D extends DType>(x: Tensor<D>, rate: number, generator: Generator = defaultGenerator()): Tensor<D> {
  checkFloat('dropout', x);
  checkNumber('dropout', 'the rate', rate, 0, 1);
  if (rate === 1) throw new HebbError('range', 'dropout: a rate of 1 drops everything; expected less.');
  if (rate === 0) return x;
  const mask = generator.uniform(x.shape, { device: x.device }).greaterEqual(rate).cast(x.dtype);
  return x.mul(mask.mul(1 / (1 - rate)));
}
