import { HebbError } from '@hebb/tensor';
import { checkCount, checkNonNegative, checkPositive } from '../check.js';
import type { Schedule } from './schedule.js';

/** Half a cosine from `from`, at `progress` 0, to `to`, at 1. */
function anneal(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** Steps until the minimum is reached; it stays there. */
  readonly steps: number;
  /** The last rate. Default 0. */
  readonly minimum?: number;
}

/**
 * Half a cosine from `rate` down to `minimum`; PyTorch's `CosineAnnealingLR` up to `steps`.
 * Source: Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5.
 * @throws HebbError `range` for a rate or minimum below 0, or `steps` below 1.
 */
export function cosine(rate: number, options: CosineOptions): Schedule {
  const { steps, minimum = 0 } = options;
  checkNonNegative('cosine: rate', rate);
  checkNonNegative('cosine: minimum', minimum);
  checkCount('cosine: steps', steps);
  return (count) => anneal(rate, minimum, Math.min(1, count / steps));
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** Steps of the whole cycle, at least 2; the last rate stays afterwards. */
  readonly steps: number;
  /** The part of the cycle that goes up, between 0 and 1. Default 0.3. */
  readonly warmupFraction?: number;
  /** The first rate is `maximum / initialDivisor`. Default 25. */
  readonly initialDivisor?: number;
  /** The last rate is the first one `/ finalDivisor`. Default 10,000. */
  readonly finalDivisor?: number;
}

/**
 * Up to `maximum` and down to almost 0, both along half a cosine; PyTorch's `OneCycleLR` with its defaults, without the
 * cycling of the momentum. Source: Smith and Topin, "Super-Convergence", 2017.
 * @throws HebbError `range` for a maximum or divisor that is not positive, `steps` below 2 or a fraction outside 0 … 1.
 */
export function oneCycle(maximum: number, options: OneCycleOptions): Schedule {
  const { steps, warmupFraction = 0.3, initialDivisor = 25, finalDivisor = 1e4 } = options;
  checkPositive('oneCycle: maximum', maximum);
  checkPositive('oneCycle: initialDivisor', initialDivisor);
  checkPositive('oneCycle: finalDivisor', finalDivisor);
  checkCount('oneCycle: steps', steps);
  if (steps < 2) throw new HebbError('range', `oneCycle: steps must be at least 2, received ${steps}.`);
  if (!(warmupFraction >= 0 && warmupFraction <= 1)) {
    throw new HebbError('range', `oneCycle: warmupFraction must be from 0 to 1, received ${warmupFraction}.`);
  }
  const first = maximum / initialDivisor;
  const last = first / finalDivisor;
  const peak = warmupFraction * steps - 1;
  const end = steps - 1;
  return (count) => {
    if (peak > 0 && count <= peak) return anneal(first, maximum, count / peak);
    return anneal(maximum, last, Math.min(1, (count - peak) / (end - peak)));
  };
}

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** Steps until the following schedule takes over. */
  readonly steps: number;
  /** The first rate, as a part of the rate that is warmed up to. Default 0. */
  readonly from?: number;
}

/**
 * Grows linearly to the first rate of `next` in `steps` steps, then follows `next`, which starts at its step 0.
 * With `from: 0` the very first step has the rate 0.
 * @throws HebbError `range` for `steps` below 1 or `from` outside 0 … 1.
 */
export function warmup(next: Schedule, options: WarmupOptions): Schedule {
  const { steps, from = 0 } = options;
  checkCount('warmup: steps', steps);
  if (!(from >= 0 && from <= 1)) throw new HebbError('range', `warmup: from must be from 0 to 1, received ${from}.`);
  return (count) => (count < steps ? next(0) * (from + ((1 - from) * count) / steps) : next(count - steps));
}
