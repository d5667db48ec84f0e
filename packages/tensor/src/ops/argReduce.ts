import { checkNumeric, show } from '../core/check.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { aroundAxis, normalizeAxis } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

function argReduction(name: string): Op<number> {
  return {
    name,
    infer: ([x], axis) => {
      checkNumeric(name, x);
      if (x.shape[axis] === 0) throw new HebbError('shape', `${name}: axis ${axis} of ${show(x)} is empty.`);
      return [{ dtype: 'int32', shape: x.shape.filter((_, i) => i !== axis) }];
    },
    view: ([x], _outputs, axis) => {
      const view = aroundAxis(x.shape, axis);
      return { inputs: [view], outputs: [[view[0], view[2]]] };
    },
  };
}

export const argMaxOp = argReduction('argMax');
export const argMinOp = argReduction('argMin');

/**
 * Where along an axis the largest value is (int32); the first of equals, and NaN wins.
 * @param axis default −1, the last
 */
export function argMax(x: Tensor, axis = -1): Tensor<'int32'> {
  return apply(argMaxOp, [x], normalizeAxis(axis, x.rank, 'argMax'));
}

/** Where along an axis the smallest value is (int32); the first of equals, and NaN wins. @param axis default −1, the last */
export function argMin(x: Tensor, axis = -1): Tensor<'int32'> {
  return apply(argMinOp, [x], normalizeAxis(axis, x.rank, 'argMin'));
}
