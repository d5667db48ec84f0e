import { checkSameDType, HebbError, isFloat, sameShape, show, type Tensor } from '@hebb/tensor';

/** Throws unless predictions and targets agree in shape and dtype: a loss never broadcasts. */
export function checkAlike(loss: string, predictions: Tensor, targets: Tensor): void {
  if (!isFloat(predictions.dtype)) {
    throw new HebbError('dtype', `${loss}: expected predictions of a float dtype, received ${show(predictions)}.`);
  }
  if (!sameShape(predictions.shape, targets.shape)) {
    const advice = predictions.size === targets.size ? ' Reshape one of them.' : '';
    throw new HebbError(
      'shape',
      `${loss}: expected targets of the predictions' shape, ${show(predictions)}, received ${show(targets)}.${advice}`,
    );
  }
  checkSameDType(loss, predictions, targets);
}
