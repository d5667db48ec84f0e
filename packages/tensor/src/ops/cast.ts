import { checkDType, type DType, isFloat } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';

export const castOp: Op<DType> = {
  name: 'cast',
  infer: ([x], dtype) => [{ shape: x.shape, dtype }],
  wideCotangents: true,
  // dx = g in the input's dtype; nothing flows through integers
  vjp: ({ inputs: [x], cotangents: [g], attributes: dtype }) => [
    g && isFloat(dtype) && isFloat(x.dtype) ? cast(g, x.dtype) : undefined,
  ],
};

/**
 * The values in another dtype. Floats become integers by truncation, saturated at the ends of the range (NaN is 0); anything but
 * zero is true; bfloat16 and float16 round to nearest, ties to even.
 */
export function cast<D extends DType>(x: Tensor, dtype: D): Tensor<D> {
  if (x.dtype === (dtype as DType)) return x as Tensor<D>;
  checkDType(dtype, 'cast');
  return apply(castOp, [x], dtype);
}
