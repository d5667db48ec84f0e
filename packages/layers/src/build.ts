import { type DType, type Shape, scope, Tensor, withReader } from '@hebb/tensor';
import type { Layer } from './layer.js';
import { shapeReader } from './shape-reader.js';

/**
 * Makes the variables of a model for inputs of this shape, batch axis included, without computing anything else: what the first call
 * would do by itself.
 * @param dtype default float32
 * @throws HebbError `shape` or `dtype` when the model does not take such an input.
 */
export function build(model: Layer, inputShape: Shape, dtype: DType = 'float32'): void {
  const x = new Tensor(dtype, inputShape, 0);
  scope(() => withReader(shapeReader, () => void model.call(x)));
}
