import { checkShape, HebbError, sizeOf } from '@hebb/tensor';

/** Throws `HebbError('range')` unless `value` is a finite number. */
export function checkFinite(name: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new HebbError('range', `${name} must be a finite number, received ${value}.`);
  }
}

/** Throws `HebbError('range')` unless `index` names one of `length` records. */
export function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new HebbError('range', `Record index must be an integer from 0 to ${length - 1}, received ${index}.`);
  }
}

/** The number of elements of a shape from outside; throws `HebbError('shape')` for one that is none. */
export function elementCount(where: string, shape: readonly number[]): number {
  checkShape(shape, where);
  return sizeOf(shape);
}
