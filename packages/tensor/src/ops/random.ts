import type { DType, FloatDType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

interface Distribution {
  shape: Shape;
  dtype: FloatDType;
  /** low and high, or mean and standard deviation */
  parameters: readonly [number, number];
}

/** A distribution drawn from a generator's state [seed, counter]: Philox4x32-10 (Salmon et al. 2011), the same on every device. */
function distribution(name: string): Op<Distribution> {
  return {
    name,
    infer: (_inputs, { shape, dtype }) => [{ shape, dtype }],
    view: (_inputs, _outputs, { parameters }) => ({ attributes: parameters }),
  };
}

export const randomUniformOp = distribution('randomUniform');
export const randomNormalOp = distribution('randomNormal');
export const randomTruncatedNormalOp = distribution('randomTruncatedNormal');
export const randomPermutationOp: Op<number> = {
  name: 'randomPermutation',
  infer: (_inputs, count) => [{ dtype: 'int32', shape: [count] }],
};

/** Draws from a distribution with a state; the caller moves the state on. */
export function draw<D extends DType>(op: Op<Distribution>, state: Tensor<'int64'>, attributes: Distribution): Tensor<D> {
  return apply(op, [state], attributes);
}
