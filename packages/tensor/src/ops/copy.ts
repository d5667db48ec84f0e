import type { DType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';

export const copyOp: Op = {
  name: 'copy',
  infer: (inputs) => inputs,
  vjp: ({ cotangents: [g] }) => [g],
};

/** The same values in memory of their own. Tensors never change, so this is seldom needed. */
export function clone<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(copyOp, [x], undefined);
}
