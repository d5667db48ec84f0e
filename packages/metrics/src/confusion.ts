import { checkInteger, type Tensor } from '@hebb/tensor';
import { readClasses } from './classes.js';
import { type Metric, noUpdates } from './metric.js';

/**
 * How often samples of class i (row) were taken for class j (column).
 *
 * `update(predictions, targets)`: scores [N, C] or predicted labels [N]; integer labels [N] or one-hot targets [N, C].
 * @throws HebbError from `update`: `shape` for shapes that do not fit, `range` for labels outside, `data` for NaN.
 */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly name: string;
  readonly classes: number;
  readonly #counts: Float64Array;
  #samples = 0;

  /**
   * @param classes how many classes there are. @param name Default `confusionMatrix`.
   * @throws HebbError `range` for fewer than one class.
   */
  constructor(classes: number, name = 'confusionMatrix') {
    checkInteger(name, 'classes', classes, 1);
    this.name = name;
    this.classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  update(predictions: Tensor, targets: Tensor): void {
    const { predicted, actual } = readClasses(this.name, predictions, targets, this.classes);
    for (let i = 0; i < predicted.length; i += 1) this.#counts[actual[i] * this.classes + predicted[i]] += 1;
    this.#samples += predicted.length;
  }

  /** Counts [actual][predicted]. @throws HebbError `state` before the first update. */
  result(): number[][] {
    if (this.#samples === 0) throw noUpdates(this.name);
    return Array.from({ length: this.classes }, (_, row) => [
      ...this.#counts.subarray(row * this.classes, (row + 1) * this.classes),
    ]);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#samples = 0;
  }
}
