import { HebbError, type Tensor } from '@hebb/tensor';
import { alike } from './check.js';
import { type LossOptions, reduce } from './reduction.js';

/**
 * (y − t)² for every element; PyTorch's `MSELoss`.
 *
 * @param predictions float [N, …]. @param targets the same shape and dtype.
 * @returns a scalar, or the losses [N, …] for `reduction: 'none'`.
 * @throws HebbError `shape` or `dtype` if the two differ, or the weights are not [N].
 */
export function meanSquaredError(predictions: Tensor, targets: Tensor, options: LossOptions = {}): Tensor {
  const [y, t] = alike('meanSquaredError', predictions, targets);
  return reduce('meanSquaredError', y.sub(t).square(), options);
}

/**
 * E = ½ Σ (y − t)² over the features of each sample, the squared error of textbooks (C. M. Bishop, "Pattern Recognition and
 * Machine Learning", equation 5.11): its gradient with respect to `y` is y − t.
 *
 * @param predictions float [N, …]. @param targets the same shape and dtype.
 * @param options `reduction` defaults to `sum`, the textbook's E; `mean` averages E over the samples, `none` returns [N].
 * @throws HebbError `shape` or `dtype` if the two differ, or have no batch axis, or the weights are not [N].
 */
export function halfSquaredError(predictions: Tensor, targets: Tensor, options: LossOptions = {}): Tensor {
  const [y, t] = alike('halfSquaredError', predictions, targets);
  if (y.rank === 0) throw new HebbError('shape', 'halfSquaredError: expected predictions [N, …], received a scalar.');
  const squares = y.sub(t).square();
  const features = squares.shape.slice(1).map((_, axis) => axis + 1);
  const perSample = features.length === 0 ? squares : squares.sum(features);
  return reduce('halfSquaredError', perSample.mul(0.5), { reduction: 'sum', ...options });
}

/**
 * |y − t| for every element; PyTorch's `L1Loss`. The gradient where y = t is 0.
 *
 * @param predictions float [N, …]. @param targets the same shape and dtype.
 * @returns a scalar, or the losses [N, …] for `reduction: 'none'`.
 * @throws HebbError `shape` or `dtype` if the two differ, or the weights are not [N].
 */
export function meanAbsoluteError(predictions: Tensor, targets: Tensor, options: LossOptions = {}): Tensor {
  const [y, t] = alike('meanAbsoluteError', predictions, targets);
  return reduce('meanAbsoluteError', y.sub(t).abs(), options);
}

/** Options of {@link huber}. */
export interface HuberOptions extends LossOptions {
  /** Where the loss turns from quadratic to linear, > 0, in units of the targets. Default 1. */
  readonly delta?: number;
}

/**
 * ½ d² where d = |y − t| ≤ δ, else δ (d − ½ δ), for every element; PyTorch's `HuberLoss`.
 * Source: P. J. Huber, "Robust Estimation of a Location Parameter", Ann. Math. Statist. 1964.
 *
 * @param predictions float [N, …]. @param targets the same shape and dtype.
 * @returns a scalar, or the losses [N, …] for `reduction: 'none'`.
 * @throws HebbError `range` unless δ > 0; `shape` or `dtype` if the two differ, or the weights are not [N].
 */
export function huber(predictions: Tensor, targets: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = options;
  if (!(delta > 0 && Number.isFinite(delta)))
    throw new HebbError('range', `huber: delta must be a finite number above 0, received ${delta}.`);
  const [y, t] = alike('huber', predictions, targets);
  const distance = y.sub(t).abs();
  // With q = min(d, δ), both branches are ½ q² + δ (d − q), which has no branch to differentiate.
  const quadratic = distance.minimum(delta);
  const losses = quadratic.square().mul(0.5).add(distance.sub(quadratic).mul(delta));
  return reduce('huber', losses, options);
}
