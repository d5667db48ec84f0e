import { HebbError, type Tensor } from '@hebb/tensor';
import { readBinary } from './classes.js';
import { type Metric, noUpdates } from './metric.js';

/**
 * The area under the ROC curve: the probability that a random positive scores above a random negative, a tie counting half.
 * Exact, from the ranks of all scores (Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology
 * 1982), so it keeps every score: 9 bytes a sample.
 *
 * `update(scores [N] or [N, 1], labels 0 or 1 of the same size)`.
 * @throws HebbError from `update`: `shape`, `range` for other labels, `data` for scores that are not finite; from `result`:
 *   `state` without any update, or before both classes were seen.
 */
export class AUC implements Metric {
  readonly name: string;
  #scores = new Float64Array(256);
  #labels = new Uint8Array(256);
  #count = 0;

  /** @param name Default `auc`. */
  constructor(name = 'auc') {
    this.name = name;
  }

  update(predictions: Tensor, targets: Tensor): void {
    const { scores, labels } = readBinary(this.name, predictions, targets);
    this.#reserve(this.#count + scores.length);
    this.#scores.set(scores, this.#count);
    this.#labels.set(labels, this.#count);
    this.#count += scores.length;
  }

  result(): number {
    if (this.#count === 0) throw noUpdates(this.name);
    const positives = this.#labels.subarray(0, this.#count).reduce((sum, label) => sum + label, 0);
    const negatives = this.#count - positives;
    if (positives === 0 || negatives === 0) {
      throw new HebbError(
        'state',
        `${this.name}: needs samples of both classes, received ${positives} positive and ${negatives} negative.`,
      );
    }
    return (this.#positiveRankSum() - (positives * (positives + 1)) / 2) / (positives * negatives);
  }

  reset(): void {
    this.#count = 0;
  }

  /** Σ of the ranks, from 1, of the positives; equal scores share their mean rank. */
  #positiveRankSum(): number {
    const scores = this.#scores;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i).sort((a, b) => scores[a] - scores[b]);
    let sum = 0;
    for (let start = 0; start < order.length; ) {
      let end = start;
      let positives = 0;
      for (; end < order.length && scores[order[end]] === scores[order[start]]; end += 1) positives += this.#labels[order[end]];
      sum += (positives * (start + 1 + end)) / 2;
      start = end;
    }
    return sum;
  }

  #reserve(count: number): void {
    if (count <= this.#scores.length) return;
    const capacity = Math.max(count, 2 * this.#scores.length);
    const scores = new Float64Array(capacity);
    const labels = new Uint8Array(capacity);
    scores.set(this.#scores);
    labels.set(this.#labels);
    this.#scores = scores;
    this.#labels = labels;
  }
}
