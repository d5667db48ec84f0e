import type { Tensor } from '@hebb/tensor';
import { type Metric, noUpdates } from './metric.js';

/** What a batch adds to a ratio of sums. */
export interface Share {
  readonly sum: number;
  readonly count: number;
}

/** A metric that is a sum over samples divided by their number. */
export abstract class RatioMetric implements Metric {
  #sum = 0;
  #count = 0;

  constructor(readonly name: string) {}

  /** The batch's part. */
  protected abstract measure(predictions: Tensor, targets: Tensor): Share;

  update(predictions: Tensor, targets: Tensor): void {
    const { sum, count } = this.measure(predictions, targets);
    this.#sum += sum;
    this.#count += count;
  }

  result(): number {
    if (this.#count === 0) throw noUpdates(this.name);
    return this.#sum / this.#count;
  }

  reset(): void {
    this.#sum = 0;
    this.#count = 0;
  }
}
