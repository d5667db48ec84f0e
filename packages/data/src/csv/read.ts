import { checkInteger, HebbError } from '@hebb/tensor';
import { readCell, SKIP_ROW } from './cells.js';
import { type Row, readRows } from './rows.js';
import { type Column, type CsvRecord, type CsvSchema, resolveSchema } from './schema.js';
import { type CsvSource, sourceName } from './text.js';

/** Options of {@link readCsv} and {@link loadCsv}. */
export interface CsvOptions<S extends CsvSchema> {
  /** The columns to read. With a header, columns that are not named here are left out. */
  readonly columns: S;
  /** Whether the first line names the columns. Default true. Without, `columns` names all of them in order. */
  readonly header?: boolean;
  /** Default ','. */
  readonly delimiter?: string;
  /** Default '"'. */
  readonly quote?: string;
  /** Cells that count as missing, besides the empty one. Default NA, N/A, NaN, nan, null, NULL. */
  readonly missingValues?: readonly string[];
  /** Most characters in a row, so that a file without line ends cannot fill the memory. Default 1,048,576. */
  readonly maxRowLength?: number;
}

const MISSING = ['NA', 'N/A', 'NaN', 'nan', 'null', 'NULL'];

/**
 * Reads CSV (RFC 4180, UTF-8) row by row in bounded memory.
 *
 * @param source a path, or pieces of bytes or text.
 * @returns rows as objects: numbers for `number` and `integer` columns, strings for `string` and `category` columns.
 * @throws HebbError `data`, with line and column, for a ragged row, an unclosed quote, a cell that is not what its column
 *   says (`1e999` is not a finite number), an unknown or missing column, NUL, UTF-16, an empty file, a row longer than
 *   `maxRowLength`, or a file that cannot be read; `argument` for options that make no sense.
 * @example
 * for await (const row of readCsv('iris.csv', { header: false, columns: { length: 'number', species: 'category' } })) …
 */
export async function* readCsv<const S extends CsvSchema>(
  source: CsvSource,
  options: CsvOptions<S>,
): AsyncGenerator<CsvRecord<S>, void, undefined> {
  const { header = true, delimiter = ',', quote = '"', maxRowLength = 2 ** 20 } = options;
  const schema = resolveSchema(options.columns);
  checkOptions(delimiter, quote, maxRowLength);
  const missing = new Set(['', ...(options.missingValues ?? MISSING)]);
  const name = sourceName(source);
  let columns = header ? undefined : [...schema.values()];
  let width = schema.size;
  let empty = true;
  for await (const row of readRows(source, { delimiter, quote, maxRowLength })) {
    empty = false;
    if (columns === undefined) {
      columns = matchHeader(row, schema, name);
      width = row.cells.length;
      continue;
    }
    checkWidth(row, width, name);
    const record = readRecord(row, columns, missing, name);
    if (record !== undefined) yield record as CsvRecord<S>; // readCell gave every column the type that the schema says
  }
  if (empty)
    throw new HebbError(
      'data',
      `${name}: line 1: expected ${header ? 'a header line' : 'at least one row'}, received an empty file.`,
    );
}

function checkOptions(delimiter: string, quote: string, maxRowLength: number): void {
  if (delimiter.length !== 1 || quote.length !== 1 || delimiter === quote || /[\r\n]/.test(delimiter + quote)) {
    const received = `${JSON.stringify(delimiter)} and ${JSON.stringify(quote)}`;
    throw new HebbError(
      'argument',
      `readCsv: delimiter and quote must be two different single characters, not line ends, received ${received}.`,
    );
  }
  checkInteger('readCsv', 'maxRowLength', maxRowLength, 1);
}

/** The column of the schema for each cell of a row; undefined where the cell is not wanted. */
function matchHeader(row: Row, schema: ReadonlyMap<string, Column | undefined>, source: string): (Column | undefined)[] {
  const names = row.cells.map((cell) => cell.trim());
  for (const name of schema.keys()) {
    const count = names.filter((other) => other === name).length;
    if (count === 1) continue;
    const received = count === 0 ? `the columns ${names.slice(0, 20).join(', ')}` : `${count} of them`;
    throw new HebbError('data', `${source}: line ${row.line}: expected one column "${name}", received ${received}.`);
  }
  return names.map((name) => schema.get(name));
}

function checkWidth(row: Row, width: number, source: string): void {
  const count = row.cells.length;
  if (count === width) return;
  const column = Math.min(count, width) + 1;
  throw new HebbError(
    'data',
    `${source}: line ${row.line}, column ${column}: expected ${width} cells in the row, received ${count}.`,
  );
}

function readRecord(
  row: Row,
  columns: readonly (Column | undefined)[],
  missing: ReadonlySet<string>,
  source: string,
): object | undefined {
  const entries: [string, number | string][] = [];
  let skip = false;
  for (const [index, column] of columns.entries()) {
    if (column === undefined) continue;
    const value = readCell(column, row.cells[index], missing, { source, line: row.line });
    if (value === SKIP_ROW) skip = true;
    else entries.push([column.name, value]);
  }
  return skip ? undefined : Object.fromEntries(entries);
}
