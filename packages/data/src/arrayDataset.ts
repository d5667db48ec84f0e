import { type DType, HebbError, type Tensor, tensor } from '@hebb/tensor';
import { checkFinite, checkIndex, elementCount } from './check.js';
import type { BatchDataset } from './dataset.js';
import {
  type ArrayRecord,
  allocate,
  type DTypeOfArray,
  dtypeOf,
  isRecordArray,
  type RecordArray,
  type RecordDType,
} from './typedArrays.js';

/** One field of all records: a typed array of shape [N, …record]. */
export interface Field<A extends RecordArray = RecordArray, D extends RecordDType = RecordDType> {
  /** All elements, row-major. Not copied: do not change it while the dataset is in use. */
  readonly data: A;
  /** [N, …record]. */
  readonly shape: readonly number[];
  /** The dtype of the batches. Default: that of `data`. Integers become floats; int64 stays int64. */
  readonly dtype?: D;
  /** Batches hold `data * scale`; needs a float dtype. Default 1. */
  readonly scale?: number;
}

/** What {@link arrayDataset} takes for a field: a {@link Field}, or a typed array for one number per record. */
export type FieldInput = RecordArray | Field;

/** Fields by position, like PyTorch's `TensorDataset`, or by name. */
export type FieldInputs = readonly FieldInput[] | Readonly<Record<string, FieldInput>>;

/** The dtype of a field's batches. */
export type FieldDType<F> = F extends { readonly dtype: infer D extends DType }
  ? D
  : F extends { readonly data: infer A }
    ? DTypeOfArray<A>
    : DTypeOfArray<F>;

/** A record of the dataset: `[x, y]` for `arrayDataset([x, y])`, `{ x, y }` for `arrayDataset({ x, y })`. */
export type RecordOf<F extends FieldInputs> = { -readonly [K in keyof F]: ArrayRecord };

/** A batch of the dataset: a tensor [N, …record] for every field. */
export type BatchOf<F extends FieldInputs> = { -readonly [K in keyof F]: Tensor<FieldDType<F[K]>> };

interface Column {
  readonly data: RecordArray;
  readonly dtype: RecordDType;
  readonly scale: number;
  readonly recordShape: readonly number[];
  readonly recordSize: number;
}

/** Below this many elements, a plain loop beats making a view of the row. */
const WORTH_A_VIEW = 16;

/** Records over a few big typed arrays. Make one with {@link arrayDataset}. */
export class ArrayDataset<F extends FieldInputs> implements BatchDataset<RecordOf<F>, BatchOf<F>> {
  readonly length: number;
  /** The fields as they were given. */
  readonly fields: F;
  readonly #columns: ReadonlyMap<string, Column>;

  constructor(fields: F) {
    this.fields = fields;
    const entries = Object.entries<FieldInput>(fields);
    if (entries.length === 0) throw new HebbError('argument', 'arrayDataset needs at least one field, received none.');
    const lengths = new Map(entries.map(([name, field]) => [name, recordCount(name, field)]));
    const counts = [...lengths.values()];
    if (counts.some((count) => count !== counts[0])) {
      const received = [...lengths].map(([name, count]) => `${name}: ${count}`).join(', ');
      throw new HebbError('shape', `Every field must have the same number of records, received ${received}.`);
    }
    this.length = counts[0];
    this.#columns = new Map(entries.map(([name, field]) => [name, toColumn(name, field)]));
  }

  get(index: number): RecordOf<F> {
    checkIndex(index, this.length);
    return this.#collect((column) => ({ data: gather(column, Int32Array.of(index)), shape: column.recordShape }));
  }

  getBatch(indices: Int32Array): BatchOf<F> {
    for (const index of indices) checkIndex(index, this.length);
    return this.#collect((column) => {
      const shape = [indices.length, ...column.recordShape];
      return tensor(gather(column, indices), { shape, dtype: column.dtype });
    });
  }

  /** One value per field, as an array or an object, the way the fields were given. */
  #collect<R extends object>(value: (column: Column) => unknown): R {
    const entries = [...this.#columns].map(([name, column]) => [name, value(column)] as const);
    const result = Array.isArray(this.fields) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
    return result as R;
  }
}

/**
 * A dataset over typed arrays, one per field. Batches are gathered straight from the arrays into tensors.
 *
 * @param fields `[x, y]` or `{ x, y }`. A field is `{ data, shape: [N, …record], dtype?, scale? }`; a bare typed array is
 *   one number per record.
 * @throws HebbError `shape` if lengths disagree with shapes or with one another, `dtype` for an unknown typed array,
 *   `argument` without a field.
 * @example
 * const dataset = arrayDataset([{ data: pixels, shape: [100, 28, 28, 1], dtype: 'float32', scale: 1 / 255 }, labels]);
 */
export function arrayDataset<const F extends FieldInputs>(fields: F): ArrayDataset<F> {
  return new ArrayDataset(fields);
}

function asField(field: FieldInput): Field {
  return isRecordArray(field) ? { data: field, shape: [field.length] } : field;
}

function recordCount(name: string, input: FieldInput): number {
  const { data, shape } = asField(input);
  dtypeOf(data);
  const count = shape[0];
  if (count === undefined) throw new HebbError('shape', `Field "${name}" needs a shape [N, …record], received [].`);
  const expected = elementCount(`Field "${name}"`, shape);
  if (expected !== data.length) {
    throw new HebbError(
      'shape',
      `Field "${name}": shape [${shape.join(', ')}] needs ${expected} elements, but the array has ${data.length}.`,
    );
  }
  return count;
}

function toColumn(name: string, input: FieldInput): Column {
  const { data, shape, dtype = dtypeOf(data), scale = 1 } = asField(input);
  checkFinite(`Field "${name}": scale`, scale);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  if (scale !== 1 && !isFloat)
    throw new HebbError('dtype', `Field "${name}": scale needs dtype float32 or float64, received ${dtype}.`);
  if (data instanceof BigInt64Array !== (dtype === 'int64')) {
    throw new HebbError('dtype', `Field "${name}": cannot turn ${dtypeOf(data)} into ${dtype}; convert the array first.`);
  }
  const widens = dtype === dtypeOf(data) || isFloat || (dtype === 'int32' && data instanceof Uint8Array);
  if (!widens)
    throw new HebbError(
      'dtype',
      `Field "${name}": turning ${dtypeOf(data)} into ${dtype} could lose values; convert the array first.`,
    );
  const recordShape = shape.slice(1);
  return { data, dtype, scale, recordShape, recordSize: elementCount(`Field "${name}"`, recordShape) };
}

/** Copies the rows `indices` of `column` one after the other, converted to its dtype and scaled. */
function gather(column: Column, indices: Int32Array): RecordArray {
  const { data, dtype, scale, recordSize } = column;
  const target = allocate(dtype, indices.length * recordSize);
  if (data instanceof BigInt64Array) {
    if (target instanceof BigInt64Array) {
      copyRows(indices, recordSize, (from, to) => target.set(data.subarray(from, from + recordSize), to));
    }
    return target; // toColumn lets int64 stay int64 only
  }
  if (target instanceof BigInt64Array) return target;
  if (scale === 1 && recordSize >= WORTH_A_VIEW) {
    copyRows(indices, recordSize, (from, to) => target.set(data.subarray(from, from + recordSize), to));
  } else {
    copyRows(indices, recordSize, (from, to) => {
      for (let i = 0; i < recordSize; i += 1) target[to + i] = data[from + i] * scale;
    });
  }
  return target;
}

function copyRows(indices: Int32Array, recordSize: number, copy: (from: number, to: number) => void): void {
  for (let row = 0; row < indices.length; row += 1) copy(indices[row] * recordSize, row * recordSize);
}
