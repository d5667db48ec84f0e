import { HebbError, scope, type Tensor } from '@hebb/tensor';
import { noUpdates } from './metric.js';

/** The mean of values that are given one by one or in tensors, e.g. of the losses of an epoch. */
export class Mean {
  readonly name: string;
  #sum = 0;
  #weight = 0;

  /** @param name Default `mean`. */
  constructor(name = 'mean') {
    this.name = name;
  }

  /**
   * Takes in a number, or every element of a tensor.
   *
   * @param weight of each value, at least 0, e.g. the batch size for the mean loss of a batch. Default 1.
   * @throws HebbError `data` for a value that is not finite, `range` for a bad weight.
   */
  update(values: number | Tensor, weight = 1): void {
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new HebbError('range', `${this.name}: weight must be a finite number of at least 0, received ${weight}.`);
    const sum = typeof values === 'number' ? values : sumOf(values);
    const count = typeof values === 'number' ? 1 : values.size;
    if (!Number.isFinite(sum)) throw new HebbError('data', `${this.name}: expected finite values, received ${sum}.`);
    this.#sum += sum * weight;
    this.#weight += count * weight;
  }

  /** @throws HebbError `state` before the first update. */
  result(): number {
    if (this.#weight === 0) throw noUpdates(this.name);
    return this.#sum / this.#weight;
  }

  reset(): void {
    this.#sum = 0;
    this.#weight = 0;
  }
}

function sumOf(values: Tensor): number {
  return scope(() => Number(values.sum().itemSync()));
}
