import { arange, checkInteger, HebbError, isFloat, scope, show, type Tensor } from '@hebb/tensor';
import { readBinary, readClasses } from './classes.js';
import { RatioMetric, type Share } from './ratio.js';
import { readLabels } from './read.js';

/**
 * The part of the samples whose greatest score is at the right class; the first class wins a tie. Logits and probabilities
 * do equally well.
 *
 * `update(predictions [N, C], targets)` with integer labels [N] or one-hot targets [N, C].
 * @throws HebbError from `update`: `shape` for shapes that do not fit, `range` for labels outside, `data` for NaN.
 */
export class Accuracy extends RatioMetric {
  /** @param name Default `accuracy`. */
  constructor(name = 'accuracy') {
    super(name);
  }

  protected measure(predictions: Tensor, targets: Tensor): Share {
    const { predicted, actual } = readClasses(this.name, predictions, targets);
    let correct = 0;
    for (let i = 0; i < predicted.length; i += 1) if (predicted[i] === actual[i]) correct += 1;
    return { sum: correct, count: predicted.length };
  }
}

/** Options of {@link BinaryAccuracy}. */
export interface BinaryAccuracyOptions {
  /** Scores above it mean 1. Default 0.5, for probabilities; 0 suits logits. */
  readonly threshold?: number;
  /** Default `binaryAccuracy`. */
  readonly name?: string;
}

/**
 * The part of the samples on the right side of a threshold.
 *
 * `update(scores [N] or [N, 1], labels 0 or 1 of the same size)`.
 * @throws HebbError from `update`: `shape`, `range` for other labels, `data` for scores that are not finite.
 */
export class BinaryAccuracy extends RatioMetric {
  readonly #threshold: number;

  /** @throws HebbError `range` for a threshold that is not finite. */
  constructor(options: BinaryAccuracyOptions = {}) {
    super(options.name ?? 'binaryAccuracy');
    this.#threshold = options.threshold ?? 0.5;
    if (!Number.isFinite(this.#threshold))
      throw new HebbError('range', `${this.name}: threshold must be finite, received ${this.#threshold}.`);
  }

  protected measure(predictions: Tensor, targets: Tensor): Share {
    const { scores, labels } = readBinary(this.name, predictions, targets);
    let correct = 0;
    for (let i = 0; i < scores.length; i += 1) if (scores[i] > this.#threshold === (labels[i] === 1)) correct += 1;
    return { sum: correct, count: scores.length };
  }
}

/** Options of {@link TopKAccuracy}. */
export interface TopKOptions {
  /** Default 5. */
  readonly k?: number;
  /** Default `top5Accuracy` for k = 5, and so on. */
  readonly name?: string;
}

/**
 * The part of the samples whose class is among the `k` greatest scores; of equal scores the first ones count as greater, so
 * that k = 1 is {@link Accuracy}.
 *
 * `update(predictions [N, C], integer labels [N])`, C ≥ k.
 * @throws HebbError from `update`: `shape`, `range` for labels outside, `data` for NaN.
 */
export class TopKAccuracy extends RatioMetric {
  readonly #k: number;

  /** @throws HebbError `range` for k below 1. */
  constructor(options: TopKOptions = {}) {
    const { k = 5, name = `top${k}Accuracy` } = options;
    super(name);
    checkInteger(name, 'k', k, 1);
    this.#k = k;
  }

  protected measure(predictions: Tensor, targets: Tensor): Share {
    if (predictions.rank !== 2 || !isFloat(predictions.dtype) || predictions.shape[1] < this.#k) {
      throw new HebbError(
        'shape',
        `${this.name}: expected float scores [N, C] with C of at least ${this.#k}, received ${show(predictions)}.`,
      );
    }
    const [samples, classes] = predictions.shape;
    if (isFloat(targets.dtype) || targets.rank !== 1 || targets.shape[0] !== samples) {
      throw new HebbError('shape', `${this.name}: expected integer labels [${samples}], received ${show(targets)}.`);
    }
    readLabels(this.name, 'labels', targets, classes);
    const ranks = scope(() => ranksOfLabels(predictions, targets.cast('int32')).dataSync());
    let correct = 0;
    for (const [sample, rank] of ranks.entries()) {
      if (Number.isNaN(rank))
        throw new HebbError('data', `${this.name}: expected predictions without NaN, received one for sample ${sample}.`);
      if (rank < this.#k) correct += 1;
    }
    return { sum: correct, count: samples };
  }
}

/** How many classes come before the label's in each row of scores, [N]; NaN for a row with a NaN. */
function ranksOfLabels(scores: Tensor, labels: Tensor<'int32'>): Tensor<'float32'> {
  const column = labels.expandDims(-1);
  const atLabel = scores.takeAlongAxis(column, -1);
  const earlier = arange(0, scores.shape[1], 1, 'int32').less(column);
  const before = scores.greater(atLabel).logicalOr(scores.equal(atLabel).logicalAnd(earlier));
  const rank = before.cast('float32').sum(-1);
  return scores.isNaN().any(-1).where(Number.NaN, rank);
}
