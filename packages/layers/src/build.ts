import { checkDevice, type Device, type DType, getDefaultDevice, type Shape, scope, Tensor, withReader } from '@hebb/tensor';
import type { Layer } from './layer.js';
import { shapeReader } from './shape-reader.js';

/**
 * Makes the variables of a model for inputs of this shape, batch axis included, without computing anything else: what the first call
 * would do by itself.
 * @param dtype default float32
 * @param device where the variables go; default: where `model.to` said, else `getDefaultDevice()`
 * @throws HebbError `shape` or `dtype` when the model does not take such an input.
 */
export function build(model: Layer, inputShape: Shape, dtype: DType = 'float32', device?: Device): void {
  if (device !== undefined) checkDevice(device, 'build');
  const x = new Tensor(dtype, inputShape, 0, device ?? model.placement ?? getDefaultDevice());
  scope(() => withReader(shapeReader, () => void model.call(x)));
}
