import { HebbError } from '@hebb/tensor';
import { elementCount } from '../check.js';

/** Rows of features [N, D], row-major. */
export interface Matrix<A extends MatrixData = MatrixData> {
  readonly data: A;
  /** [N, D]. */
  readonly shape: readonly [rows: number, columns: number];
}

/** The typed arrays that a matrix may hold. */
export type MatrixData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The typed arrays whose scaled values are float32. */
export type NarrowData = Exclude<MatrixData, Float64Array>;

/** A matrix of floats. */
export type FloatMatrix = Matrix<Float32Array | Float64Array>;

/** Throws unless the shape is [N, D] with that many elements and, if given, D = `columns`. */
export function checkMatrix(where: string, matrix: Matrix, columns?: number): void {
  const { data, shape } = matrix;
  if (shape.length !== 2 || elementCount(where, shape) !== data.length) {
    throw new HebbError('shape', `${where}: expected a shape [N, D] of ${data.length} elements, received [${shape.join(', ')}].`);
  }
  if (columns !== undefined && shape[1] !== columns) {
    throw new HebbError('shape', `${where}: expected ${columns} columns, as when fitted, received ${shape[1]}.`);
  }
}

/** Throws unless there is at least one row and every element is finite. */
export function checkFitData(where: string, matrix: Matrix): void {
  checkMatrix(where, matrix);
  const columns = matrix.shape[1];
  if (matrix.data.length === 0)
    throw new HebbError('data', `${where}: expected at least one element, received shape [${matrix.shape.join(', ')}].`);
  for (let i = 0; i < matrix.data.length; i += 1) {
    if (Number.isFinite(matrix.data[i])) continue;
    throw new HebbError(
      'data',
      `${where}: row ${Math.floor(i / columns)}, column ${i % columns}: expected a finite number, received ${matrix.data[i]}.`,
    );
  }
}

/** A new matrix, float64 where the given one is, else float32, with `change` applied to every element of a column. */
export function mapMatrix(matrix: Matrix, change: (value: number, column: number) => number): FloatMatrix {
  const [rows, columns] = matrix.shape;
  const data = matrix.data instanceof Float64Array ? new Float64Array(matrix.data.length) : new Float32Array(matrix.data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const index = row * columns + column;
      data[index] = change(matrix.data[index], column);
    }
  }
  return { data, shape: [rows, columns] };
}
