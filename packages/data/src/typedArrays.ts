import { type DType, HebbError } from '@hebb/tensor';

/** The typed arrays that records may hold; each has its own dtype. */
export type RecordArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The dtypes that have a typed array of their own. */
export type RecordDType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8';

/** The dtype of a typed array. */
export type DTypeOfArray<A> = A extends Float32Array
  ? 'float32'
  : A extends Float64Array
    ? 'float64'
    : A extends Int32Array
      ? 'int32'
      : A extends BigInt64Array
        ? 'int64'
        : A extends Uint8Array
          ? 'uint8'
          : DType;

/** One field of one record: its elements and their shape. */
export interface ArrayRecord<A extends RecordArray = RecordArray> {
  readonly data: A;
  readonly shape: readonly number[];
}

const CONSTRUCTORS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
} as const;

/** Whether `value` is one of the typed arrays that Hebb has a dtype for. */
export function isRecordArray(value: unknown): value is RecordArray {
  return Object.values(CONSTRUCTORS).some((constructor) => value instanceof constructor);
}

/** The dtype of `array`; throws `HebbError('dtype')` for another typed array (Int8Array, Uint16Array, …). */
export function dtypeOf(array: RecordArray): RecordDType {
  for (const [dtype, constructor] of Object.entries(CONSTRUCTORS)) {
    if (array instanceof constructor) return dtype as RecordDType;
  }
  throw new HebbError(
    'dtype',
    `Expected a Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array, received ${Object.prototype.toString.call(array)}.`,
  );
}

/** A zeroed typed array of `dtype`. */
export function allocate(dtype: RecordDType, length: number): RecordArray {
  const constructor = CONSTRUCTORS[dtype];
  if (constructor === undefined) {
    throw new HebbError('dtype', `Expected one of ${Object.keys(CONSTRUCTORS).join(', ')}, received "${dtype}".`);
  }
  return new constructor(length);
}
