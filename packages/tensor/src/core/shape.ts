import { HebbError } from './errors.js';

/** Dimensions, outermost first; `[]` is a scalar. At most 8 of them. */
export type Shape = readonly number[];

export const MAX_RANK = 8;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Checks dimensions that came from outside.
 * @throws HebbError `shape` for a fractional, negative or overflowing dimension, or a rank above 8.
 */
export function checkShape(shape: Shape, where: string): void {
  if (!Array.isArray(shape))
    throw new HebbError('shape', `${where}: expected a shape (an array of dimensions), received ${String(shape)}.`);
  if (shape.length > MAX_RANK) {
    throw new HebbError(
      'shape',
      `${where}: expected at most ${MAX_RANK} dimensions, received ${shape.length}: ${showShape(shape)}.`,
    );
  }
  let size = 1;
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new HebbError(
        'shape',
        `${where}: expected dimensions that are whole numbers from 0, received ${dim} in ${showShape(shape)}.`,
      );
    }
    if (dim > 0) size *= dim;
  }
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new HebbError('shape', `${where}: the shape ${showShape(shape)} has more than 2^53 elements.`);
  }
}

/** The shape that two operands broadcast to (numpy's rules), or undefined when they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape[rank - i] = x === 1 ? y : x;
  }
  return shape;
}

/**
 * An axis counted from the front.
 * @throws HebbError `range` when the tensor has no such axis.
 */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const from = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(from) || from < 0 || from >= rank) {
    const range = rank === 0 ? 'a scalar has no axes' : `expected an axis from ${-rank} to ${rank - 1}`;
    throw new HebbError('range', `${where}: ${range}, received ${axis}.`);
  }
  return from;
}

/** The axes of a reduction, sorted and counted from the front; all of them when none are named. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number, where: string): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : [...axes]).map((axis) => normalizeAxis(axis, rank, where));
  list.sort((a, b) => a - b);
  for (let i = 1; i < list.length; i++) {
    if (list[i] === list[i - 1]) throw new HebbError('range', `${where}: axis ${list[i]} is named twice.`);
  }
  return list;
}

/** `[outer, n, inner]` around one axis: how kernels see a tensor that they work on along an axis. */
export function aroundAxis(shape: Shape, axis: number): [number, number, number] {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i];
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i];
  return [outer, shape[axis], inner];
}
