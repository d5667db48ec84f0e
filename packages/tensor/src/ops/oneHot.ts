import { checkIndex, checkInteger, checkNumber } from '../core/check.js';
import { checkDType, type DType, type IndexDType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import { checkShape, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

interface OneHot {
  depth: number;
  on: number;
  off: number;
  dtype: DType;
}

export const oneHotOp: Op<OneHot> = {
  name: 'oneHot',
  checksValues: true,
  infer: ([indices], { depth, dtype }) => {
    checkIndex('oneHot', 'indices', indices);
    const shape = [...indices.shape, depth];
    checkShape(shape, 'oneHot');
    return [{ dtype, shape }];
  },
  view: ([indices], _outputs, { depth, on, off }) => ({
    inputs: [[sizeOf(indices.shape)]],
    outputs: [[sizeOf(indices.shape), depth]],
    attributes: [on, off],
  }),
};

/**
 * For each index a row of `depth` values: `on` at the index, `off` elsewhere.
 * @param options on 1, off 0, dtype float32
 * @throws HebbError `range` for an index outside [0, depth).
 */
export function oneHot<D extends DType = 'float32'>(
  indices: Tensor<IndexDType>,
  depth: number,
  { on = 1, off = 0, dtype = 'float32' as D }: { on?: number; off?: number; dtype?: D } = {},
): Tensor<D> {
  checkInteger('oneHot', 'depth', depth, 1);
  checkNumber('oneHot', 'on', on);
  checkNumber('oneHot', 'off', off);
  checkDType(dtype, 'oneHot');
  return apply(oneHotOp, [indices], { depth, on, off, dtype });
}
