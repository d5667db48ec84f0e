import { HebbError, isFloat, sameShape, show, type Tensor } from '@hebb/tensor';
import { readArgMax, readFinite, readLabels } from './read.js';

/** Predicted and actual class of each sample. */
export interface Classes {
  readonly predicted: ArrayLike<number>;
  readonly actual: ArrayLike<number>;
  /** How many classes there are. */
  readonly count: number;
}

/**
 * Reads a batch of a classifier: scores [N, C] with labels [N] (integers) or one-hot targets [N, C], or, when `classes` is
 * given, predicted labels [N] with labels [N].
 *
 * @throws HebbError `shape` for shapes that do not fit, `range` for labels outside, `data` for NaN.
 */
export function readClasses(metric: string, predictions: Tensor, targets: Tensor, classes?: number): Classes {
  const areLabels = predictions.rank === 1 && !isFloat(predictions.dtype) && classes !== undefined;
  if (predictions.rank !== 2 && !areLabels) {
    const alternative = classes === undefined ? '' : ' or integer labels [N]';
    throw new HebbError('shape', `${metric}: expected scores [N, C]${alternative}, received ${show(predictions)}.`);
  }
  const count = areLabels ? (classes ?? 0) : predictions.shape[1];
  if (classes !== undefined && classes !== count) {
    throw new HebbError('shape', `${metric}: expected scores of ${classes} classes, received ${show(predictions)}.`);
  }
  checkTargets(metric, predictions, targets);
  const actual = targets.rank === 2 ? readArgMax(metric, 'targets', targets) : readLabels(metric, 'labels', targets, count);
  const predicted = areLabels
    ? readLabels(metric, 'predicted labels', predictions, count)
    : readArgMax(metric, 'predictions', predictions);
  return { predicted, actual, count };
}

function checkTargets(metric: string, predictions: Tensor, targets: Tensor): void {
  const samples = predictions.shape[0];
  const sparse = !isFloat(targets.dtype) && sameShape(targets.shape, [samples]);
  const dense = predictions.rank === 2 && sameShape(targets.shape, predictions.shape);
  if (!sparse && !dense) {
    const expected = `integer labels [${samples}]${predictions.rank === 2 ? ` or one-hot targets [${predictions.shape.join(', ')}]` : ''}`;
    throw new HebbError(
      'shape',
      `${metric}: for predictions ${show(predictions)}, expected ${expected}, received ${show(targets)}.`,
    );
  }
}

/** Scores and labels of a yes-or-no classifier, element by element. */
export interface BinaryBatch {
  readonly scores: ArrayLike<number>;
  /** 0 or 1. */
  readonly labels: ArrayLike<number>;
}

/**
 * Reads scores [N] or [N, 1] and labels of the same size, 0 or 1.
 * @throws HebbError `shape` if the sizes differ, `range` for a label that is neither, `data` for scores that are not finite.
 */
export function readBinary(metric: string, predictions: Tensor, targets: Tensor): BinaryBatch {
  if (!isColumn(predictions) || !isColumn(targets) || predictions.size !== targets.size) {
    throw new HebbError(
      'shape',
      `${metric}: expected scores and labels [N] or [N, 1], received ${show(predictions)} and ${show(targets)}.`,
    );
  }
  const labels = readLabels(metric, 'labels', targets.rank === 1 ? targets : targets.reshape([targets.size]), 2);
  return { scores: readFinite(metric, 'predictions', predictions), labels };
}

function isColumn({ shape }: Tensor): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}
