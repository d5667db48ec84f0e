import { sizeOf } from './shape.js';
import type { TensorCore } from './tensor-core.js';

/** What Node calls for `console.log`. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** Of tensors with more elements only both ends of each axis are shown. */
const MOST_WHOLE = 1000;
const END = 3;
/** More is not read to be shown. */
const MOST_READ = 2 ** 24;
/** Columns of a line. */
const WIDTH = 80;

type Values = ArrayLike<number | bigint>;

/**
 * The values as nested brackets in columns, of large tensors the first and last three along each axis. Undefined for what has none now: a
 * disposed tensor, one of a step that is being traced, one that could not be computed; and beyond 2²⁴ elements.
 */
export function printValues(x: TensorCore): string | undefined {
  if (x.size > MOST_READ || !(x.handle > 0)) return undefined;
  try {
    return layOut(x, x.dataSync());
  } catch {
    return undefined;
  }
}

function layOut({ dtype, shape }: TensorCore, values: Values): string {
  const places = shownPlaces(shape, sizeOf(shape) > MOST_WHOLE);
  const shown = [...placesOf(places, shape)].map((at) => values[at]);
  const format = formatOf(dtype, shown);
  const width = Math.max(0, ...shown.map((value) => format(value).length));
  const nest = (axis: number, offset: number): string => {
    if (axis === shape.length) return format(values[offset]).padStart(width);
    const stride = sizeOf(shape.slice(axis + 1));
    const items = places[axis].map((at) => (at < 0 ? '…' : nest(axis + 1, offset + at * stride)));
    return `[${axis === shape.length - 1 ? wrap(items, axis + 1) : items.join(separator(shape.length, axis))}]`;
  };
  return nest(0, 0);
}

/** The indices to show along each axis; −1 stands for those between. */
function shownPlaces(shape: readonly number[], endsOnly: boolean): number[][] {
  return shape.map((dim) => {
    const all = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    return endsOnly && dim > 2 * END ? [...all(0, END), -1, ...all(dim - END, dim)] : all(0, dim);
  });
}

function* placesOf(places: readonly number[][], shape: readonly number[], axis = 0, offset = 0): Generator<number> {
  if (axis === shape.length) yield offset;
  else
    for (const at of places[axis])
      if (at >= 0) yield* placesOf(places, shape, axis + 1, offset + at * sizeOf(shape.slice(axis + 1)));
}

/** Between blocks of an axis, with an empty line between those that have rows themselves. */
function separator(rank: number, axis: number): string {
  return `,${'\n'.repeat(Math.min(2, rank - 1 - axis))}${' '.repeat(axis + 1)}`;
}

/** A row in lines of bounded width. */
function wrap(items: readonly string[], indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    if (line !== '' && indent + line.length + item.length + 2 > WIDTH) {
      lines.push(`${line},`);
      line = item;
    } else line += line === '' ? item : `, ${item}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** Whole numbers as they are, others with four decimals, all with an exponent where some would otherwise be too long or vanish. */
function formatOf(dtype: string, values: readonly (number | bigint)[]): (value: number | bigint) => string {
  if (dtype === 'bool') return (value) => String(Number(value) !== 0);
  const numbers = values.map(Number).filter(Number.isFinite);
  const sizes = numbers.filter((value) => value !== 0).map(Math.abs);
  if (typeof values[0] === 'bigint' || (numbers.every(Number.isInteger) && Math.max(0, ...sizes) < 1e8)) return String;
  const extreme = Math.max(0, ...sizes) >= 1e6 || Math.min(1, ...sizes) < 1e-4;
  return (value) => {
    if (!Number.isFinite(Number(value))) return String(value);
    return extreme ? Number(value).toExponential(4) : Number(value).toFixed(4);
  };
}
