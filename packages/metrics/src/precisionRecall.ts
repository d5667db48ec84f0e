import { HebbError, type Tensor } from '@hebb/tensor';
import { readBinary, readClasses } from './classes.js';
import { type Metric, noUpdates } from './metric.js';

/**
 * `binary`: one class against the rest, decided by a threshold. `macro`: the mean over the classes that occur among labels or
 * predictions, each counting the same. `micro`: all decisions counted together.
 */
export type Average = 'binary' | 'macro' | 'micro';

/** Options of {@link Precision}, {@link Recall} and {@link F1}. */
export interface AverageOptions {
  /** Default `binary`. */
  readonly average?: Average;
  /** For `binary`: scores above it mean 1. Default 0.5, for probabilities; 0 suits logits. */
  readonly threshold?: number;
  /** Default: the name of the metric in lower case. */
  readonly name?: string;
}

/** True positives, false positives and false negatives of one class. */
interface Counts {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
}

/**
 * What precision, recall and F1 share: the counts of each class.
 *
 * `update`, for `binary`: scores [N] or [N, 1] and labels 0 or 1 of the same size; else scores [N, C] and integer labels [N]
 * or one-hot targets [N, C]. A ratio 0 / 0 counts as 0, as in scikit-learn.
 * @throws HebbError from `update`: `shape` for shapes that do not fit, `range` for labels outside, `data` for NaN.
 */
abstract class CountMetric implements Metric {
  readonly name: string;
  readonly average: Average;
  readonly #threshold: number;
  #counts: Counts[] = [];
  #samples = 0;

  constructor(defaultName: string, options: AverageOptions) {
    const { average = 'binary', threshold = 0.5, name = defaultName } = options;
    this.name = name;
    this.average = average;
    this.#threshold = threshold;
    if (average !== 'binary' && average !== 'macro' && average !== 'micro') {
      throw new HebbError(
        'argument',
        `${name}: average must be 'binary', 'macro' or 'micro', received ${JSON.stringify(average)}.`,
      );
    }
    if (!Number.isFinite(threshold)) throw new HebbError('range', `${name}: threshold must be finite, received ${threshold}.`);
  }

  /** The ratio for some counts. */
  protected abstract ratio(counts: Readonly<Counts>): number;

  update(predictions: Tensor, targets: Tensor): void {
    if (this.average === 'binary') this.#updateBinary(predictions, targets);
    else this.#updateClasses(predictions, targets);
  }

  result(): number {
    const counts = this.#seen();
    if (this.average === 'binary') return this.ratio(counts[1]);
    if (this.average === 'micro') return this.ratio(counts.reduce(addCounts));
    const present = counts.filter((each) => each.truePositives + each.falsePositives + each.falseNegatives > 0);
    return present.reduce((sum, each) => sum + this.ratio(each), 0) / present.length;
  }

  /** The value of every class, [C]; for `binary` those of 0 and 1. @throws HebbError `state` before the first update. */
  perClass(): number[] {
    return this.#seen().map((each) => this.ratio(each));
  }

  reset(): void {
    this.#counts = [];
    this.#samples = 0;
  }

  #seen(): readonly Counts[] {
    if (this.#samples === 0) throw noUpdates(this.name);
    return this.#counts;
  }

  #updateBinary(predictions: Tensor, targets: Tensor): void {
    const { scores, labels } = readBinary(this.name, predictions, targets);
    this.#expectClasses(2);
    for (let i = 0; i < scores.length; i += 1) this.#count(scores[i] > this.#threshold ? 1 : 0, labels[i]);
  }

  #updateClasses(predictions: Tensor, targets: Tensor): void {
    const { predicted, actual, count } = readClasses(this.name, predictions, targets);
    this.#expectClasses(count);
    for (let i = 0; i < predicted.length; i += 1) this.#count(predicted[i], actual[i]);
  }

  #expectClasses(count: number): void {
    if (this.#counts.length === 0) {
      this.#counts = Array.from({ length: count }, () => ({ truePositives: 0, falsePositives: 0, falseNegatives: 0 }));
    } else if (this.#counts.length !== count) {
      throw new HebbError(
        'shape',
        `${this.name}: expected ${this.#counts.length} classes as in earlier updates, received ${count}.`,
      );
    }
  }

  #count(predicted: number, actual: number): void {
    this.#samples += 1;
    if (predicted === actual) this.#counts[actual].truePositives += 1;
    else {
      this.#counts[predicted].falsePositives += 1;
      this.#counts[actual].falseNegatives += 1;
    }
  }
}

function addCounts(a: Counts, b: Counts): Counts {
  return {
    truePositives: a.truePositives + b.truePositives,
    falsePositives: a.falsePositives + b.falsePositives,
    falseNegatives: a.falseNegatives + b.falseNegatives,
  };
}

function divide(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

/** TP / (TP + FP): how many of the samples found are right. */
export class Precision extends CountMetric {
  constructor(options: AverageOptions = {}) {
    super('precision', options);
  }

  protected ratio({ truePositives, falsePositives }: Counts): number {
    return divide(truePositives, truePositives + falsePositives);
  }
}

/** TP / (TP + FN): how many of the right samples are found. */
export class Recall extends CountMetric {
  constructor(options: AverageOptions = {}) {
    super('recall', options);
  }

  protected ratio({ truePositives, falseNegatives }: Counts): number {
    return divide(truePositives, truePositives + falseNegatives);
  }
}

/** 2 TP / (2 TP + FP + FN): the harmonic mean of precision and recall. */
export class F1 extends CountMetric {
  constructor(options: AverageOptions = {}) {
    super('f1', options);
  }

  protected ratio({ truePositives, falsePositives, falseNegatives }: Counts): number {
    return divide(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
  }
}
