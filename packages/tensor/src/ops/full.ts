import { checkDType, type DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { checkShape, type Shape } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { checkFits } from './values.js';

interface Full {
  shape: Shape;
  value: number;
  dtype: DType;
}

export const fullOp: Op<Full> = {
  name: 'full',
  infer: (_inputs, { shape, dtype }) => [{ shape, dtype }],
  view: (_inputs, _outputs, { value }) => ({ attributes: [value] }),
};

/**
 * A tensor of one value.
 * @param dtype default float32
 * @throws HebbError `shape` for bad dimensions, `range` for a value that the dtype cannot hold.
 */
export function full<D extends DType = 'float32'>(shape: Shape, value: number | boolean, dtype?: D): Tensor<D> {
  return filled('full', shape, value, dtype);
}

/** Zeros; dtype float32 unless given. */
export function zeros<D extends DType = 'float32'>(shape: Shape, dtype?: D): Tensor<D> {
  return filled('zeros', shape, 0, dtype);
}

/** Ones; dtype float32 unless given. */
export function ones<D extends DType = 'float32'>(shape: Shape, dtype?: D): Tensor<D> {
  return filled('ones', shape, 1, dtype);
}

/** Zeros of another tensor's shape and dtype. */
export function zerosLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(fullOp, [], { shape: x.shape, value: 0, dtype: x.dtype });
}

/** Ones of another tensor's shape and dtype. */
export function onesLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(fullOp, [], { shape: x.shape, value: 1, dtype: x.dtype });
}

/** A tensor of rank 0; dtype float32 unless given. */
export function scalar<D extends DType = 'float32'>(value: number | boolean, dtype?: D): Tensor<D> {
  return filled('scalar', [], value, dtype);
}

function filled<D extends DType>(name: string, shape: Shape, value: number | boolean, dtype: D = 'float32' as D): Tensor<D> {
  checkDType(dtype, name);
  checkShape(shape, name);
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw new HebbError('argument', `${name}: expected a number or boolean, received ${String(value)}.`);
  }
  const number = Number(value);
  checkFits(name, number, dtype);
  return apply(fullOp, [], { shape: [...shape], value: number, dtype });
}
