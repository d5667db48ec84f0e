import { show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { normalizeAxes } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

export const transposeOp: Op<readonly number[]> = {
  name: 'transpose',
  infer: ([x], permutation) => [{ dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis]) }],
  view: (_inputs, _outputs, permutation) => ({ attributes: permutation }),
  // the gradient goes back by the inverse permutation
  vjp: ({ cotangents: [g], attributes: permutation }) => [g?.transpose(permutation.map((_, axis) => permutation.indexOf(axis)))],
};

/**
 * The axes in another order: axis k of the result is axis `permutation[k]` of x.
 * @param permutation default: all axes reversed
 * @throws HebbError `shape` unless every axis is named once.
 */
export function transpose<D extends DType>(x: Tensor<D>, permutation?: readonly number[]): Tensor<D> {
  const order = permutation?.map((axis) => (axis < 0 ? axis + x.rank : axis)) ?? x.shape.map((_, i) => x.rank - 1 - i);
  if (order.length !== x.rank) {
    throw new HebbError(
      'shape',
      `transpose: expected a permutation of the ${x.rank} axes of ${show(x)}, received [${permutation}].`,
    );
  }
  normalizeAxes(order, x.rank, 'transpose');
  return order.every((axis, i) => axis === i) ? x : apply(transposeOp, [x], order);
}
