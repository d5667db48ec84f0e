import { checkFloat, checkIndex, checkSame, checkSameDType, show } from '../core/check.js';
import { type DType, isFloat, isHalf, wideDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

/** Of compiled steps: how many of the logits of a row are of classes, where it has more. */
type Columns = { readonly classes: number } | undefined;

/** [N, C] logits and [N] labels → [N] losses; leading axes fold into N. */
export const softmaxCrossEntropyOp: Op<Columns> = {
  name: 'softmaxCrossEntropy',
  checksValues: true,
  infer: ([logits, labels]) => {
    checkFloat('softmaxCrossEntropy', logits);
    checkIndex('softmaxCrossEntropy', 'labels', labels);
    checkSame('softmaxCrossEntropy', 'labels', labels, logits.shape.slice(0, -1));
    return [{ dtype: wideDType(logits.dtype), shape: labels.shape }];
  },
  view: ([logits, labels], _outputs, columns) => ({
    inputs: [rows(logits.shape), [sizeOf(labels.shape)]],
    outputs: [[sizeOf(labels.shape)]],
    attributes: columns && [columns.classes],
  }),
  vjp: ({ inputs: [logits, labels], cotangents: [g], attributes: columns }) => [
    g && apply(softmaxCrossEntropyGradOp, [g, logits, labels], columns),
  ],
};

// dx = g·(softmax(x) − oneHot(label)), and 0 behind the classes
export const softmaxCrossEntropyGradOp: Op<Columns> = {
  name: 'softmaxCrossEntropyGrad',
  checksValues: true,
  infer: ([, logits]) => [logits],
  view: ([g, logits, labels], _outputs, columns) => ({
    inputs: [[sizeOf(g.shape)], rows(logits.shape), [sizeOf(labels.shape)]],
    outputs: [rows(logits.shape)],
    attributes: columns && [columns.classes],
  }),
  decompose: ([g, logits, labels], columns) => {
    if (columns) throw new HebbError('internal', 'softmaxCrossEntropyGrad: padded logits have no second gradient.');
    const classes = logits.shape[logits.rank - 1];
    const target = (labels as Tensor<'int32'>).oneHot(classes, { dtype: g.dtype });
    return [logits.cast(g.dtype).softmax(-1).sub(target).mul(g.expandDims(-1)).cast(logits.dtype)];
  },
};

function rows(shape: readonly number[]): [number, number] {
  return [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]];
}

/**
 * −ln softmax(logits) at the label, or −Σ p·ln softmax(logits) for probabilities: [..., C] → [...], without overflow.
 *
 * @param labels integers [...] in [0, C), or probabilities [..., C] of the logits' dtype
 * @throws HebbError `range` for a label outside the classes, `shape` or `dtype` for labels that do not fit.
 */
export function softmaxCrossEntropy<D extends DType>(logits: Tensor<D>, labels: Tensor): Tensor<D> {
  if (logits.rank === 0)
    throw new HebbError('shape', `softmaxCrossEntropy: expected logits [..., classes], received ${show(logits)}.`);
  if (!isFloat(labels.dtype)) return apply(softmaxCrossEntropyOp, [logits, labels], undefined);
  checkSame('softmaxCrossEntropy', 'probabilities', labels, logits.shape);
  const wide = logits.cast(wideDType(logits.dtype));
  if (!isHalf(logits.dtype)) checkSameDType('softmaxCrossEntropy', logits, labels);
  return wide.logSoftmax(-1).mul(labels.cast(wide.dtype)).sum(-1).neg() as Tensor<D>;
}
