import { HebbError } from '@hebb/tensor';
import { type BatchDataset, type BatchSubset, type Dataset, type Subset, subset } from './dataset.js';
import { permutation } from './random.js';

/** Options of {@link trainValidationSplit}. */
export interface SplitOptions {
  /** The part that is kept for validation, between 0 and 1. Default 0.2. */
  readonly fraction?: number;
  /** Non-negative integer. Default 0. */
  readonly seed?: number;
}

/** Two parts of a dataset that share no record. */
export interface Split<D> {
  readonly train: D;
  readonly validation: D;
}

/**
 * Splits a dataset at random into training and validation parts; the same seed gives the same parts.
 *
 * @throws HebbError `range` unless 0 < fraction < 1, `data` if a part would be empty.
 */
export function trainValidationSplit<T, B>(dataset: BatchDataset<T, B>, options?: SplitOptions): Split<BatchSubset<T, B>>;
export function trainValidationSplit<T>(dataset: Dataset<T>, options?: SplitOptions): Split<Subset<T>>;
export function trainValidationSplit<T>(dataset: Dataset<T>, options: SplitOptions = {}): Split<Subset<T>> {
  const { fraction = 0.2, seed = 0 } = options;
  if (!(fraction > 0 && fraction < 1)) {
    throw new HebbError('range', `trainValidationSplit: fraction must be between 0 and 1, received ${fraction}.`);
  }
  const count = Math.round(dataset.length * fraction);
  if (count === 0 || count === dataset.length) {
    const received = `${count} of ${dataset.length} for validation`;
    throw new HebbError('data', `trainValidationSplit: both parts need at least one record, received ${received}.`);
  }
  const order = permutation(dataset.length, seed);
  return { train: subset(dataset, order.subarray(count)), validation: subset(dataset, order.subarray(0, count)) };
}
