import { checkSameDType, HebbError, isFloat, isHalf, sameShape, show, type Tensor } from '@hebb/tensor';

/** Losses are computed in float32 where predictions are bfloat16 or float16. */
export function widen(x: Tensor): Tensor {
  return isHalf(x.dtype) ? x.cast('float32') : x;
}

/**
 * Predictions and targets, the 16-bit floats among them as float32. Throws unless they agree in shape and dtype: a loss never
 * broadcasts.
 */
export function alike(loss: string, predictions: Tensor, targets: Tensor): readonly [Tensor, Tensor] {
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
  const widened = [widen(predictions), widen(targets)] as const;
  checkSameDType(loss, ...widened);
  return widened;
}
