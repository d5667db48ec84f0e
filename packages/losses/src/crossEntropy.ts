import {
  checkNumber,
  HebbError,
  isFloat,
  isHalf,
  sameShape,
  show,
  showShape,
  softmaxCrossEntropy,
  type Tensor,
} from '@hebb/tensor';
import { widen } from './check.js';
import { type LossOptions, reduce } from './reduction.js';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends LossOptions {
  /** Whether the predictions are logits; else they are probabilities. Default true. */
  readonly fromLogits?: boolean;
  /**
   * ε: the targets become (1 − ε) · target + ε / C (Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016,
   * section 7). From 0 to 1, default 0.
   */
  readonly labelSmoothing?: number;
  /** A weight per class, [C]. With integer labels, `mean` divides by the sum of the weights of the labels, as PyTorch does. */
  readonly classWeights?: Tensor;
}

/** The least probability that is taken at its word with `fromLogits: false`, as in Keras. */
const SMALLEST_PROBABILITY = 1e-7;

/**
 * −Σ target · ln softmax(logits) over the classes; PyTorch's `CrossEntropyLoss`.
 *
 * @param predictions float [N, …, C]: logits, or probabilities with `fromLogits: false`; probabilities below 1e-7 count as
 *   1e-7, with gradient 0.
 * @param targets integer labels [N, …] from 0 to C − 1, or float probabilities of the predictions' shape and dtype.
 * @returns a scalar, or the losses [N, …] for `reduction: 'none'`.
 * @throws HebbError `shape` or `dtype` for targets or weights that do not fit, `range` for labels outside 0 … C − 1 or a
 *   label smoothing outside 0 … 1.
 * @example
 * const loss = crossEntropy(model(images), labels); // [N, 10] and int32 [N]
 */
export function crossEntropy(predictions: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { fromLogits = true, labelSmoothing = 0, classWeights } = options;
  const sparse = !isFloat(targets.dtype);
  checkShapes(predictions, targets, sparse, classWeights);
  checkNumber('crossEntropy', 'labelSmoothing', labelSmoothing, 0, 1);
  if (fromLogits && labelSmoothing === 0 && classWeights === undefined) {
    return reduce('crossEntropy', softmaxCrossEntropy(predictions, targets), options);
  }
  const wide = widen(predictions);
  const logs = fromLogits ? wide.logSoftmax(-1) : wide.clip(SMALLEST_PROBABILITY, 1).log();
  const weights = classWeights?.cast(wide.dtype);
  if (!sparse) return reduce('crossEntropy', denseLosses(logs, targets.cast(wide.dtype), labelSmoothing, weights), options);
  const labels = targets.dtype === 'int32' ? targets : targets.cast('int32');
  const { losses, labelWeights } = sparseLosses(logs, labels as Tensor<'int32'>, labelSmoothing, weights);
  return reduce('crossEntropy', losses, options, labelWeights);
}

/** −Σ_c w_c t_c ln p_c with smoothed t. */
function denseLosses(logs: Tensor, targets: Tensor, smoothing: number, weights: Tensor | undefined): Tensor {
  const classes = logs.shape[logs.rank - 1];
  const smooth = smoothing === 0 ? targets : targets.mul(1 - smoothing).add(smoothing / classes);
  const products = smooth.mul(logs);
  return (weights === undefined ? products : products.mul(weights)).sum(-1).neg();
}

/** −(1 − ε) w_y ln p_y − ε / C Σ_c w_c ln p_c. */
function sparseLosses(
  logs: Tensor,
  labels: Tensor<'int32'>,
  smoothing: number,
  weights: Tensor | undefined,
): { losses: Tensor; labelWeights: Tensor | undefined } {
  const labelWeights = weights?.gather(labels);
  const atLabel = logs.takeAlongAxis(labels.expandDims(-1), -1).squeeze(-1).neg();
  const sharp = labelWeights === undefined ? atLabel : atLabel.mul(labelWeights);
  if (smoothing === 0) return { losses: sharp, labelWeights };
  const classes = logs.shape[logs.rank - 1];
  const uniform = (weights === undefined ? logs : logs.mul(weights)).sum(-1).mul(-smoothing / classes);
  return { losses: sharp.mul(1 - smoothing).add(uniform), labelWeights };
}

function checkShapes(predictions: Tensor, targets: Tensor, sparse: boolean, classWeights: Tensor | undefined): void {
  if (predictions.rank === 0 || !isFloat(predictions.dtype)) {
    throw new HebbError('shape', `crossEntropy: expected float predictions [N, …, C], received ${show(predictions)}.`);
  }
  const classes = predictions.shape[predictions.rank - 1];
  const expected = sparse ? predictions.shape.slice(0, -1) : predictions.shape;
  if (!sameShape(targets.shape, expected)) {
    const advice = sparse ? ' For probabilities, use a float dtype.' : ' For labels, use an integer dtype.';
    throw new HebbError(
      'shape',
      `crossEntropy: for predictions ${show(predictions)}, expected targets ${showShape(expected)}, received ${show(targets)}.${advice}`,
    );
  }
  if (targets.dtype === 'bool' || (!sparse && !isHalf(predictions.dtype) && targets.dtype !== predictions.dtype)) {
    throw new HebbError(
      'dtype',
      `crossEntropy: expected integer labels or ${predictions.dtype} probabilities, received ${targets.dtype}.`,
    );
  }
  if (classWeights !== undefined && (classWeights.rank !== 1 || classWeights.shape[0] !== classes)) {
    throw new HebbError('shape', `crossEntropy: expected class weights [${classes}], received ${show(classWeights)}.`);
  }
}
