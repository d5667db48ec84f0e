import type { DType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';

/** No gradient rule: a constant to gradients. */
export const stopGradientOp: Op = { name: 'stopGradient', alias: true, infer: (inputs) => inputs };

/** The same values, through which no gradient flows. */
export function stopGradient<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(stopGradientOp, [x], undefined);
}
