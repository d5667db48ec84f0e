/**
 * Rows × columns numbers whose columns (rows, when there are fewer of them) are orthonormal, from normal draws: modified
 * Gram–Schmidt, twice for exactness. Signs stay those of the draws, which keeps the distribution uniform.
 */
export function orthonormal(draws: Float64Array, rows: number, columns: number): Float64Array {
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const vectors = Array.from({ length: count }, (_, i) => draws.slice(i * length, (i + 1) * length));
  for (let i = 0; i < count; i++) {
    for (let pass = 0; pass < 2; pass++) for (let k = 0; k < i; k++) subtractProjection(vectors[i], vectors[k]);
    const norm = Math.sqrt(dot(vectors[i], vectors[i]));
    for (let j = 0; j < length; j++) vectors[i][j] /= norm;
  }
  const matrix = new Float64Array(rows * columns);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < length; j++) matrix[rows >= columns ? j * columns + i : i * columns + j] = vectors[i][j];
  }
  return matrix;
}

function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  const along = dot(vector, unit);
  for (let j = 0; j < vector.length; j++) vector[j] -= along * unit[j];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
