import { type CreationOptions, creationOptions, type Device } from '../core/device.js';
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
  device: Device;
}

export const fullOp: Op<Full> = {
  name: 'full',
  device: ({ device }) => device,
  infer: (_inputs, { shape, dtype }) => [{ shape, dtype }],
  view: (_inputs, _outputs, { value }) => ({ attributes: [value] }),
};

/**
 * A tensor of one value.
 * @param options a dtype (default float32), or dtype and device (default: `getDefaultDevice()`)
 * @throws HebbError `shape` for bad dimensions, `range` for a value that the dtype cannot hold.
 */
export function full<D extends DType = 'float32'>(shape: Shape, value: number | boolean, dtype?: D): Tensor<D>;
export function full<D extends DType = 'float32'>(shape: Shape, value: number | boolean, options: CreationOptions<D>): Tensor<D>;
export function full<D extends DType>(shape: Shape, value: number | boolean, options?: D | CreationOptions<D>): Tensor<D> {
  return filled('full', shape, value, options);
}

/** Zeros; float32 unless a dtype is given, or options with dtype and device. */
export function zeros<D extends DType = 'float32'>(shape: Shape, dtype?: D): Tensor<D>;
export function zeros<D extends DType = 'float32'>(shape: Shape, options: CreationOptions<D>): Tensor<D>;
export function zeros<D extends DType>(shape: Shape, options?: D | CreationOptions<D>): Tensor<D> {
  return filled('zeros', shape, 0, options);
}

/** Ones; float32 unless a dtype is given, or options with dtype and device. */
export function ones<D extends DType = 'float32'>(shape: Shape, dtype?: D): Tensor<D>;
export function ones<D extends DType = 'float32'>(shape: Shape, options: CreationOptions<D>): Tensor<D>;
export function ones<D extends DType>(shape: Shape, options?: D | CreationOptions<D>): Tensor<D> {
  return filled('ones', shape, 1, options);
}

/** Zeros of another tensor's shape and dtype, where it is. */
export function zerosLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(fullOp, [], { shape: x.shape, value: 0, dtype: x.dtype, device: x.device });
}

/** Ones of another tensor's shape and dtype, where it is. */
export function onesLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(fullOp, [], { shape: x.shape, value: 1, dtype: x.dtype, device: x.device });
}

/** A tensor of rank 0; float32 unless a dtype is given, or options with dtype and device. */
export function scalar<D extends DType = 'float32'>(value: number | boolean, dtype?: D): Tensor<D>;
export function scalar<D extends DType = 'float32'>(value: number | boolean, options: CreationOptions<D>): Tensor<D>;
export function scalar<D extends DType>(value: number | boolean, options?: D | CreationOptions<D>): Tensor<D> {
  return filled('scalar', [], value, options);
}

function filled<D extends DType>(
  name: string,
  shape: Shape,
  value: number | boolean,
  options: D | CreationOptions<D> | undefined,
): Tensor<D> {
  const { dtype = 'float32' as D, device } = creationOptions(options, name);
  checkDType(dtype, name);
  checkShape(shape, name);
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw new HebbError('argument', `${name}: expected a number or boolean, received ${String(value)}.`);
  }
  const number = Number(value);
  checkFits(name, number, dtype);
  return apply(fullOp, [], { shape: [...shape], value: number, dtype, device });
}
