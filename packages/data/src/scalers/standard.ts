import type { Matrix } from './matrix.js';
import { Scaler, type ScalerState } from './scaler.js';

/**
 * Scales each column to mean 0 and standard deviation 1 (of the population, as scikit-learn's StandardScaler does).
 *
 * @example
 * const scaler = new StandardScaler().fit(train);
 * const scaled = scaler.transform(test);
 */
export class StandardScaler extends Scaler {
  readonly kind = 'StandardScaler';

  protected learn({ data, shape: [rows, columns] }: Matrix): Pick<ScalerState, 'shift' | 'scale'> {
    const shift = new Array<number>(columns).fill(0);
    const squares = new Array<number>(columns).fill(0);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        // Welford's update: no cancellation for columns far from 0.
        const value = data[row * columns + column];
        const delta = value - shift[column];
        shift[column] += delta / (row + 1);
        squares[column] += delta * (value - shift[column]);
      }
    }
    return { shift, scale: squares.map((sum) => Math.sqrt(sum / rows)) };
  }

  /** A scaler from what `toJSON` gave. @throws HebbError `data` for anything else. */
  static fromJSON(state: unknown): StandardScaler {
    return new StandardScaler().restore(state);
  }
}
