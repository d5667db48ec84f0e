import { HebbError, stack, Tensor, tensor } from '@hebb/tensor';
import { elementCount } from './check.js';
import { type ArrayRecord, allocate, type DTypeOfArray, dtypeOf, isRecordArray, type RecordArray } from './typedArrays.js';

/** What {@link collate} makes of records of type `T`: tensors with a batch axis in front, in the same arrangement. */
export type Collated<T> =
  T extends Tensor<infer D>
    ? Tensor<D>
    : T extends number
      ? Tensor<'float32'>
      : T extends ArrayRecord<infer A>
        ? Tensor<DTypeOfArray<A> & Tensor['dtype']>
        : T extends RecordArray
          ? Tensor<DTypeOfArray<T> & Tensor['dtype']>
          : { -readonly [K in keyof T]: Collated<T[K]> };

/**
 * Stacks records into a batch, the way PyTorch's `default_collate` does: numbers become [N], typed arrays [N, length],
 * array records and tensors [N, …record], arrays and objects are collated member by member.
 *
 * @throws HebbError `argument` without records or for a member of another kind, `shape` if records differ in shape.
 */
export function collate<T>(records: readonly T[]): Collated<T> {
  return collateUntyped(records) as Collated<T>;
}

/** @internal {@link collate} for callers whose result type is tied to that of the records elsewhere. */
export function collateUntyped(records: readonly unknown[]): unknown {
  if (records.length === 0) throw new HebbError('argument', 'collate needs at least one record, received none.');
  return collateValues(records, 'record');
}

function collateValues(values: readonly unknown[], path: string): unknown {
  const first = values[0];
  if (typeof first === 'number') return tensor(Float32Array.from(values.map((value) => asNumber(value, path))));
  if (first instanceof Tensor) return stack(values.map((value) => asTensor(value, path)));
  if (isRecordArray(first))
    return collateArrays(
      values.map((value) => asRecord(value, path)),
      path,
    );
  if (isArrayRecord(first))
    return collateArrays(
      values.map((value) => asRecord(value, path)),
      path,
    );
  if (typeof first !== 'object' || first === null)
    throw unsupported(path, 'a number, typed array, tensor, array or object', first);
  return collateMembers(first, values, path);
}

/** Collates `[x, y]` or `{ x, y }` member by member. */
function collateMembers(first: object, values: readonly unknown[], path: string): unknown {
  const keys = Object.keys(first);
  const members = keys.map(
    (key) =>
      [
        key,
        collateValues(
          values.map((value) => member(value, keys, key, path)),
          `${path}.${key}`,
        ),
      ] as const,
  );
  return Array.isArray(first) ? members.map(([, value]) => value) : Object.fromEntries(members);
}

function member(value: unknown, keys: readonly string[], key: string, path: string): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== keys.length || !Object.hasOwn(value, key)) {
    throw unsupported(path, `the members ${keys.join(', ')} in every record of the batch`, value);
  }
  return Reflect.get(value, key);
}

function collateArrays(records: readonly ArrayRecord[], path: string): Tensor {
  const first = records[0];
  const size = elementCount(path, first.shape);
  const dtype = dtypeOf(first.data);
  const batch = allocate(dtype, size * records.length);
  records.forEach(({ data, shape }, row) => {
    if (shape.join() !== first.shape.join() || data.length !== size) {
      const received = `[${shape.join(', ')}] with ${data.length} elements in record ${row} of the batch`;
      throw new HebbError(
        'shape',
        `${path}: expected shape [${first.shape.join(', ')}] as in the first record, received ${received}.`,
      );
    }
    if (dtypeOf(data) !== dtype) {
      throw new HebbError(
        'dtype',
        `${path}: expected ${dtype} as in the first record, received ${dtypeOf(data)} in record ${row}.`,
      );
    }
    copyRow(data, batch, row * size);
  });
  return tensor(batch, { shape: [records.length, ...first.shape], dtype });
}

function copyRow(row: RecordArray, batch: RecordArray, offset: number): void {
  if (row instanceof BigInt64Array) {
    if (batch instanceof BigInt64Array) batch.set(row, offset);
  } else if (!(batch instanceof BigInt64Array)) {
    batch.set(row, offset);
  }
}

function isArrayRecord(value: unknown): value is ArrayRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'data' in value &&
    isRecordArray(value.data) &&
    'shape' in value &&
    Array.isArray(value.shape)
  );
}

function asNumber(value: unknown, path: string): number {
  if (typeof value !== 'number') throw unsupported(path, 'a number as in the first record', value);
  return value;
}

function asTensor(value: unknown, path: string): Tensor {
  if (!(value instanceof Tensor)) throw unsupported(path, 'a tensor as in the first record', value);
  return value;
}

function asRecord(value: unknown, path: string): ArrayRecord {
  if (isRecordArray(value)) return { data: value, shape: [value.length] };
  if (!isArrayRecord(value)) throw unsupported(path, 'a typed array as in the first record', value);
  return value;
}

function unsupported(path: string, expected: string, received: unknown): HebbError {
  const kind = received === null ? 'null' : typeof received;
  return new HebbError(
    'argument',
    `Cannot make a batch of ${path}: expected ${expected}, received ${kind}. Pass a collate function of your own.`,
  );
}
