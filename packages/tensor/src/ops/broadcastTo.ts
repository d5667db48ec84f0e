import { show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { broadcastShapes, checkShape, type Shape, sameShape, showShape } from '../core/shape.js';
import { sumTo } from '../core/sum-to.js';
import type { Tensor } from '../tensor.js';

export const broadcastToOp: Op<Shape> = {
  name: 'broadcastTo',
  infer: ([x], shape) => [{ dtype: x.dtype, shape }],
  view: ([x], _outputs, shape) => ({ inputs: [[...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]] }),
  // d = g summed over the axes that were added or stretched
  vjp: ({ inputs: [x], cotangents: [g] }) => [g && sumTo(g, x.shape)],
};

/**
 * The values repeated along new axes in front and along axes of dimension 1.
 * @throws HebbError `shape` when the tensor does not broadcast to the shape.
 */
export function broadcastTo<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  if (sameShape(x.shape, shape)) return x;
  checkShape(shape, 'broadcastTo');
  const fitted = broadcastShapes(x.shape, shape);
  if (!fitted || !sameShape(fitted, shape)) {
    throw new HebbError(
      'shape',
      `broadcastTo: ${show(x)} does not broadcast to ${showShape(shape)}: counted from the last, dimensions must be equal or 1.`,
    );
  }
  return apply(broadcastToOp, [x], [...shape]);
}
