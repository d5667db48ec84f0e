import type { Tensor } from '@hebb/tensor';
import { alike } from './check.js';
import { type LossOptions, reduce } from './reduction.js';

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Whether the predictions are logits; else they are probabilities. Default true. */
  readonly fromLogits?: boolean;
}

/** Probabilities are kept this far from 0 and 1 with `fromLogits: false`, as in Keras. */
const MARGIN = 1e-7;

/**
 * −(t ln p + (1 − t) ln (1 − p)) for every element; PyTorch's `BCEWithLogitsLoss`, or `BCELoss` with `fromLogits: false`.
 * From logits it is exact for any size of the logit; from probabilities, p is kept within 1e-7 … 1 − 1e-7, with gradient 0
 * outside.
 *
 * @param predictions float [N, …]. @param targets probabilities, 0 … 1, of the same shape and dtype.
 * @returns a scalar, or the losses [N, …] for `reduction: 'none'`.
 * @throws HebbError `shape` or `dtype` if the two differ, or the weights are not [N].
 */
export function binaryCrossEntropy(predictions: Tensor, targets: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  const [y, t] = alike('binaryCrossEntropy', predictions, targets);
  const losses = options.fromLogits === false ? fromProbabilities(y, t) : fromLogits(y, t);
  return reduce('binaryCrossEntropy', losses, options);
}

/** ln (1 + eˣ) − t x. */
function fromLogits(logits: Tensor, targets: Tensor): Tensor {
  return logits.softplus().sub(logits.mul(targets));
}

function fromProbabilities(probabilities: Tensor, targets: Tensor): Tensor {
  const inside = probabilities.clip(MARGIN, 1 - MARGIN);
  const positive = targets.mul(inside.log());
  const negative = targets.neg().add(1).mul(inside.neg().log1p());
  return positive.add(negative).neg();
}
