import { checkInteger, HebbError } from '@hebb/tensor';
import type { CsvSchema, CsvTable, TableColumn } from './csv/index.js';
import type { Matrix } from './scalers/matrix.js';

/**
 * One row per code, with 1 in the column of the code and 0 elsewhere.
 *
 * @param codes integers from 0 to `depth` − 1. @param depth the number of categories.
 * @returns float32 [N, depth].
 * @throws HebbError `range` for a code outside or a depth below 1.
 */
export function oneHotMatrix(codes: ArrayLike<number>, depth: number): Matrix<Float32Array> {
  checkInteger('oneHotMatrix', 'depth', depth, 1);
  const data = new Float32Array(codes.length * depth);
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row];
    if (!Number.isInteger(code) || code < 0 || code >= depth) {
      throw new HebbError('range', `oneHotMatrix: row ${row}: expected an integer from 0 to ${depth - 1}, received ${code}.`);
    }
    data[row * depth + code] = 1;
  }
  return { data, shape: [codes.length, depth] };
}

/**
 * Puts columns of a table side by side: a number column as it is, a category column as one column per category.
 *
 * @returns float32 [N, D].
 * @throws HebbError `argument` for a column that is not there, or holds text.
 */
export function tableMatrix<S extends CsvSchema>(
  table: CsvTable<S>,
  names: readonly (keyof CsvTable<S>['columns'] & string)[],
): Matrix<Float32Array> {
  const columns = new Map(Object.entries<TableColumn>(table.columns));
  const parts = names.map((name) => columnMatrix(name, columns.get(name)));
  const width = parts.reduce((sum, part) => sum + part.shape[1], 0);
  const data = new Float32Array(table.length * width);
  let offset = 0;
  for (const part of parts) {
    const step = part.shape[1];
    for (let row = 0; row < table.length; row += 1)
      data.set(part.data.subarray(row * step, (row + 1) * step), row * width + offset);
    offset += step;
  }
  return { data, shape: [table.length, width] };
}

function columnMatrix(name: string, column: TableColumn | undefined): Matrix<Float32Array> {
  if (column instanceof Float64Array) return { data: Float32Array.from(column), shape: [column.length, 1] };
  if (column !== undefined && 'codes' in column) return oneHotMatrix(column.codes, column.categories.length);
  throw new HebbError(
    'argument',
    `tableMatrix: expected "${name}" to be a column of numbers or categories, received ${column === undefined ? 'none' : 'text'}.`,
  );
}
