import { checkSameDType, HebbError, isFloat, sameShape, scope, show, type Tensor } from '@hebb/tensor';
import { type Metric, noUpdates } from './metric.js';
import { RatioMetric, type Share } from './ratio.js';
import { readFinite } from './read.js';

function checkAlike(metric: string, predictions: Tensor, targets: Tensor): void {
  if (!sameShape(predictions.shape, targets.shape) || !isFloat(predictions.dtype)) {
    throw new HebbError(
      'shape',
      `${metric}: expected float predictions and targets of one shape, received ${show(predictions)} and ${show(targets)}.`,
    );
  }
  checkSameDType(metric, predictions, targets);
}

/** The sum over all elements of a measure of predictions − targets; one small read. */
function errorShare(metric: string, predictions: Tensor, targets: Tensor, measure: (error: Tensor) => Tensor): Share {
  checkAlike(metric, predictions, targets);
  const sum = scope(() => Number(measure(predictions.sub(targets)).sum().itemSync()));
  if (!Number.isFinite(sum))
    throw new HebbError('data', `${metric}: expected finite predictions and targets, their errors add up to ${sum}.`);
  return { sum, count: predictions.size };
}

/**
 * The mean of (y − t)² over all elements. `update(predictions, targets)`: floats of one shape and dtype.
 * @throws HebbError from `update`: `shape` or `dtype` if they differ, `data` for values that are not finite.
 */
export class MeanSquaredError extends RatioMetric {
  /** @param name Default `meanSquaredError`. */
  constructor(name = 'meanSquaredError') {
    super(name);
  }

  protected measure(predictions: Tensor, targets: Tensor): Share {
    return errorShare(this.name, predictions, targets, (error) => error.square());
  }
}

/**
 * The mean of |y − t| over all elements. `update(predictions, targets)`: floats of one shape and dtype.
 * @throws HebbError from `update`: `shape` or `dtype` if they differ, `data` for values that are not finite.
 */
export class MeanAbsoluteError extends RatioMetric {
  /** @param name Default `meanAbsoluteError`. */
  constructor(name = 'meanAbsoluteError') {
    super(name);
  }

  protected measure(predictions: Tensor, targets: Tensor): Share {
    return errorShare(this.name, predictions, targets, (error) => error.abs());
  }
}

/** Running sums of one output: errors, and spread of the targets about their running mean. */
interface OutputSums {
  residual: number;
  mean: number;
  spread: number;
}

/**
 * The coefficient of determination 1 − Σ(t − y)² / Σ(t − mean t)², averaged over the outputs; for constant targets 1 if they
 * are met exactly, else 0, as in scikit-learn.
 *
 * `update(predictions, targets)`: floats of one shape, [N] or [N, D].
 * @throws HebbError from `update`: `shape` or `dtype` if they differ, `data` for values that are not finite; from `result`:
 *   `state` before two samples were seen.
 */
export class R2Score implements Metric {
  readonly name: string;
  #outputs: OutputSums[] = [];
  #samples = 0;

  /** @param name Default `r2`. */
  constructor(name = 'r2') {
    this.name = name;
  }

  update(predictions: Tensor, targets: Tensor): void {
    checkAlike(this.name, predictions, targets);
    if (predictions.rank !== 1 && predictions.rank !== 2)
      throw new HebbError('shape', `${this.name}: expected [N] or [N, D], received ${show(predictions)}.`);
    const [samples, outputs = 1] = predictions.shape;
    if (this.#samples > 0 && outputs !== this.#outputs.length) {
      throw new HebbError(
        'shape',
        `${this.name}: expected ${this.#outputs.length} outputs as in earlier updates, received ${outputs}.`,
      );
    }
    const y = readFinite(this.name, 'predictions', predictions);
    const t = readFinite(this.name, 'targets', targets);
    if (this.#samples === 0) this.#outputs = Array.from({ length: outputs }, () => ({ residual: 0, mean: 0, spread: 0 }));
    for (let i = 0; i < t.length; i += 1) {
      // Welford's update: no cancellation for targets far from 0.
      const sums = this.#outputs[i % outputs];
      const delta = t[i] - sums.mean;
      sums.mean += delta / (this.#samples + Math.floor(i / outputs) + 1);
      sums.spread += delta * (t[i] - sums.mean);
      sums.residual += (t[i] - y[i]) ** 2;
    }
    this.#samples += samples;
  }

  result(): number {
    if (this.#samples === 0 || this.#outputs.length === 0) throw noUpdates(this.name);
    if (this.#samples < 2) throw new HebbError('state', `${this.name}: needs at least two samples, received one.`);
    const scores = this.#outputs.map(({ residual, spread }) => (spread > 0 ? 1 - residual / spread : residual === 0 ? 1 : 0));
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  reset(): void {
    this.#outputs = [];
    this.#samples = 0;
  }
}
