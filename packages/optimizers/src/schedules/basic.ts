import { checkCount, checkNonNegative, checkPositive } from '../check.js';
import type { Schedule } from './schedule.js';

/**
 * The same rate always.
 * @throws HebbError `range` for a rate below 0.
 */
export function constant(rate: number): Schedule {
  checkNonNegative('constant: rate', rate);
  return () => rate;
}

/** Options of {@link step}. */
export interface StepOptions {
  /** Steps between two reductions. */
  readonly every: number;
  /** Factor of each reduction. Default 0.1. */
  readonly gamma?: number;
}

/**
 * `rate · gamma^⌊step / every⌋`; PyTorch's `StepLR`.
 * @throws HebbError `range` for a rate below 0, `every` below 1 or a gamma that is not positive.
 */
export function step(rate: number, options: StepOptions): Schedule {
  const { every, gamma = 0.1 } = options;
  checkNonNegative('step: rate', rate);
  checkCount('step: every', every);
  checkPositive('step: gamma', gamma);
  return (count) => rate * gamma ** Math.floor(count / every);
}

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** Factor of every step. */
  readonly gamma: number;
}

/**
 * `rate · gamma^step`; PyTorch's `ExponentialLR`.
 * @throws HebbError `range` for a rate below 0 or a gamma that is not positive.
 */
export function exponential(rate: number, options: ExponentialOptions): Schedule {
  const { gamma } = options;
  checkNonNegative('exponential: rate', rate);
  checkPositive('exponential: gamma', gamma);
  return (count) => rate * gamma ** count;
}
