import type { DType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';

/** Gradients pass. */
export const againOp: Op = {
  name: 'again',
  alias: true,
  apart: true,
  infer: (inputs) => inputs,
  vjp: ({ cotangents }) => cotangents,
};

/**
 * @internal The same values, from which compiled steps compute again what they have computed from `x` already, as `checkpoint` asks for.
 */
export function again<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(againOp, [x], undefined);
}
