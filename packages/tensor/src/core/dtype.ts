import { HebbError } from './errors.js';

/** Element types of tensors. */
export type DType = 'float32' | 'float64' | 'bfloat16' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool';

/** Element types that gradients flow through. */
export type FloatDType = 'float32' | 'float64' | 'bfloat16' | 'float16';

/** Element types of labels and indices. */
export type IndexDType = 'int32' | 'int64' | 'uint8';

interface DataTypes {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  bfloat16: Float32Array<ArrayBuffer>;
  float16: Float32Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

/** The typed array that `data()` returns: bfloat16 and float16 widen to float32; bool is 0 or 1 in bytes. */
export type DataOf<D extends DType> = DataTypes[D];

/** The JavaScript value that `item()` returns. */
export type ItemOf<D extends DType> = D extends 'int64' ? bigint : D extends 'bool' ? boolean : number;

/** Bytes of one element. */
export const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  bfloat16: 2,
  float16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** Every dtype. A dtype's place is its code in the engine (`hebb_dtype` of abi.h). */
export const DTYPES: readonly DType[] = ['float32', 'float64', 'bfloat16', 'float16', 'int32', 'int64', 'uint8', 'bool'];

export const DTYPE_CODES = Object.fromEntries(DTYPES.map((dtype, code) => [dtype, code])) as Readonly<Record<DType, number>>;

/** Whether gradients flow through tensors of this dtype. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'bfloat16' || dtype === 'float16';
}

/** Whether the engine does arithmetic in this dtype; in bfloat16 and float16 through float32, rounded to nearest even at the end. */
export function isNumeric(dtype: DType): boolean {
  return dtype !== 'bool';
}

/** Whether this is one of the 16-bit floats, bfloat16 and float16. */
export function isHalf(dtype: DType): dtype is 'bfloat16' | 'float16' {
  return dtype === 'bfloat16' || dtype === 'float16';
}

/** The dtype of statistics and sums that belong to values of `dtype`: float32 for the 16-bit floats, else the same. */
export function wideDType(dtype: DType): DType {
  return isHalf(dtype) ? 'float32' : dtype;
}

export function isIndex(dtype: DType): dtype is IndexDType {
  return dtype === 'int32' || dtype === 'int64' || dtype === 'uint8';
}

/** @throws HebbError `dtype` when the value names no dtype. */
export function checkDType(value: unknown, where: string): asserts value is DType {
  if (!DTYPES.includes(value as DType)) {
    throw new HebbError(
      'dtype',
      `${where}: expected a dtype (${DTYPES.join(', ')}), received ${JSON.stringify(value) ?? String(value)}.`,
    );
  }
}
