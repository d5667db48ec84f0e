import { HebbError } from '@hebb/tensor';
import type { Column } from './schema.js';

/** @internal Where a cell is, for messages; built only when something is wrong. */
export interface Place {
  readonly source: string;
  readonly line: number;
}

/** @internal Stands for "leave this row out". */
export const SKIP_ROW = Symbol('skip row');

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SHOWN = 40;

/** @internal The value of one cell, by the rules of its column. */
export function readCell(
  column: Column,
  cell: string,
  missing: ReadonlySet<string>,
  place: Place,
): number | string | typeof SKIP_ROW {
  const text = column.type === 'string' ? cell : cell.trim();
  if (missing.has(text)) return missingValue(column, text, place);
  if (column.type === 'string') return text;
  if (column.type === 'category') {
    if (column.categories !== undefined && !column.categories.has(text)) {
      throw cellFault(column, text, place, `one of the categories ${[...column.categories].slice(0, 8).map(quote).join(', ')}`);
    }
    return text;
  }
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw cellFault(column, text, place, 'a finite decimal number');
  if (column.type === 'integer' && !Number.isSafeInteger(value))
    throw cellFault(column, text, place, 'an integer below 2^53 in magnitude');
  return value;
}

function missingValue(column: Column, text: string, place: Place): number | string | typeof SKIP_ROW {
  if (column.missing === 'skipRow') return SKIP_ROW;
  if (typeof column.missing === 'object') return column.missing.fill;
  throw cellFault(
    column,
    text,
    place,
    `${column.type === 'category' ? 'a category' : 'a number'} (set "missing" to accept empty cells)`,
  );
}

function cellFault(column: Column, text: string, place: Place, expected: string): HebbError {
  return new HebbError(
    'data',
    `${place.source}: line ${place.line}, column "${column.name}": expected ${expected}, received ${quote(text)}.`,
  );
}

function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
