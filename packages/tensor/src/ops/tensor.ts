import type { Bytes } from '../core/backend.js';
import { type Device, deviceOption } from '../core/device.js';
import { checkDType, type DType, isFloat } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { makeTensor } from '../core/evaluator.js';
import { backend } from '../core/runtime.js';
import { checkShape, MAX_RANK, type Shape, showShape, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { checkFits } from './values.js';

/** Numbers or booleans in arrays of any depth up to 8, all of one length at each depth. */
export type Nested = number | boolean | bigint | readonly Nested[];

/** Typed arrays whose element type is a dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

export interface TensorOptions<D extends DType> {
  /** Default: the nesting of the values; one dimension for a typed array. */
  shape?: Shape;
  /** Default: a typed array's own; bool for booleans, int64 for bigints, float32 for numbers. */
  dtype?: D;
  /** Default: `getDefaultDevice()`. */
  device?: Device;
}

/** Options that leave the dtype to the values. */
interface OwnDType {
  shape?: Shape;
  dtype?: undefined;
  device?: Device;
}

type Rows<T> = T | readonly Rows<T>[];

/**
 * A tensor from nested arrays or a typed array; the values are copied.
 *
 * @throws HebbError `shape` when rows differ in length or the shape does not hold the values; `range` when an integer dtype cannot
 * hold a value; `argument` for anything that is no number, and for a detached buffer.
 */
export function tensor(values: Float64Array, options?: OwnDType): Tensor<'float64'>;
export function tensor(values: Int32Array, options?: OwnDType): Tensor<'int32'>;
export function tensor(values: BigInt64Array, options?: OwnDType): Tensor<'int64'>;
export function tensor(values: Uint8Array, options?: OwnDType): Tensor<'uint8'>;
export function tensor(values: Rows<number>, options?: OwnDType): Tensor<'float32'>;
export function tensor(values: Rows<boolean>, options?: OwnDType): Tensor<'bool'>;
export function tensor(values: Rows<bigint>, options?: OwnDType): Tensor<'int64'>;
export function tensor<D extends DType = 'float32'>(values: Nested | TypedArray, options?: TensorOptions<D>): Tensor<D>;
export function tensor(values: Nested | TypedArray, { shape, dtype, device }: TensorOptions<DType> = {}): Tensor {
  const place = deviceOption(device, 'tensor');
  if (dtype !== undefined) checkDType(dtype, 'tensor');
  if (shape !== undefined) checkShape(shape, 'tensor');
  const own = typedArrayDType(values);
  if (own) return fromTypedArray(values as TypedArray, own, shape, dtype, place);
  const nesting = shapeOf(values as Nested);
  const flat: (number | bigint | boolean)[] = [];
  flatten(values as Nested, nesting, 0, flat);
  const target = dtype ?? defaultDType(flat);
  return upload(toTypedArray(flat, target), target, fitShape(shape ?? nesting, flat.length), place);
}

function fromTypedArray(
  values: TypedArray,
  own: DType,
  shape: Shape | undefined,
  dtype: DType | undefined,
  device: Device,
): Tensor {
  checkAttached(values);
  const fitted = fitShape(shape ?? [values.length], values.length);
  const target = dtype ?? own;
  if (target === own) return upload(values, target, fitted, device);
  // Only conversions between floats cannot fail: the others are checked value by value.
  const widens = (own === 'float32' || own === 'float64') && isFloat(target);
  return widens
    ? cast(upload(values, own, fitted, device), target)
    : upload(toTypedArray([...values], target), target, fitted, device);
}

function checkAttached(values: TypedArray): void {
  try {
    new Uint8Array(values.buffer);
  } catch {
    throw new HebbError('argument', 'tensor: the buffer of this typed array was detached (transferred to another thread).');
  }
}

function upload(bytes: Bytes, dtype: DType, shape: Shape, device: Device): Tensor {
  const handle = backend().upload(bytes, device);
  if (dtype === 'bfloat16' || dtype === 'float16') return cast(makeTensor('float32', shape, handle, device), dtype);
  return makeTensor(dtype, shape, handle, device);
}

function typedArrayDType(values: unknown): DType | undefined {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int32Array) return 'int32';
  if (values instanceof BigInt64Array) return 'int64';
  if (values instanceof Uint8Array) return 'uint8';
  if (ArrayBuffer.isView(values)) {
    throw new HebbError(
      'argument',
      `tensor: expected Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array, received ${values.constructor.name}; convert it with Float32Array.from(values).`,
    );
  }
  return undefined;
}

function shapeOf(values: Nested): number[] {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > MAX_RANK) throw new HebbError('shape', `tensor: expected at most ${MAX_RANK} levels of nesting.`);
    if (level.length === 0) break;
  }
  return shape;
}

function flatten(values: Nested, shape: Shape, depth: number, out: (number | bigint | boolean)[]): void {
  if (depth === shape.length) {
    if (typeof values !== 'number' && typeof values !== 'boolean' && typeof values !== 'bigint') {
      const what = Array.isArray(values) ? `an array nested deeper than ${showShape(shape)}` : String(values);
      throw new HebbError(
        Array.isArray(values) ? 'shape' : 'argument',
        `tensor: expected numbers or booleans, received ${what}.`,
      );
    }
    out.push(values);
    return;
  }
  if (!Array.isArray(values) || values.length !== shape[depth]) {
    const received = Array.isArray(values) ? `one of length ${values.length}` : `a ${typeof values}`;
    throw new HebbError(
      'shape',
      `tensor: expected every array at depth ${depth} to have length ${shape[depth]}, received ${received}.`,
    );
  }
  for (const entry of values) flatten(entry, shape, depth + 1, out);
}

function defaultDType(flat: readonly (number | bigint | boolean)[]): DType {
  if (flat.length === 0) return 'float32';
  if (flat.every((value) => typeof value === 'boolean')) return 'bool';
  return typeof flat[0] === 'bigint' ? 'int64' : 'float32';
}

function toTypedArray(flat: readonly (number | bigint | boolean)[], dtype: DType): Bytes {
  switch (dtype) {
    case 'float64':
      return Float64Array.from(flat, Number);
    case 'int64':
      return BigInt64Array.from(flat, toInt64);
    case 'bool':
      return Uint8Array.from(flat, (value) => (value ? 1 : 0));
    case 'int32':
    case 'uint8': {
      const numbers = flat.map(Number);
      for (const value of numbers) checkFits('tensor', value, dtype);
      return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
    }
    default:
      return Float32Array.from(flat, Number);
  }
}

function toInt64(value: number | bigint | boolean): bigint {
  if (typeof value === 'number') checkFits('tensor', value, 'int64');
  const whole = BigInt(value);
  if (BigInt.asIntN(64, whole) !== whole) throw new HebbError('range', `tensor: int64 cannot hold ${whole}.`);
  return whole;
}

function fitShape(shape: Shape, length: number): Shape {
  if (sizeOf(shape) !== length) {
    throw new HebbError('shape', `tensor: the shape ${showShape(shape)} holds ${sizeOf(shape)} values, received ${length}.`);
  }
  return [...shape];
}
