import type { Matrix } from './matrix.js';
import { Scaler, type ScalerState } from './scaler.js';

/** Scales each column so that the least value it was fitted on becomes 0 and the greatest 1. */
export class MinMaxScaler extends Scaler {
  readonly kind = 'MinMaxScaler';

  protected learn({ data, shape: [, columns] }: Matrix): Pick<ScalerState, 'shift' | 'scale'> {
    const least = new Array<number>(columns).fill(Number.POSITIVE_INFINITY);
    const greatest = new Array<number>(columns).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < data.length; i += 1) {
      const column = i % columns;
      least[column] = Math.min(least[column], data[i]);
      greatest[column] = Math.max(greatest[column], data[i]);
    }
    return { shift: least, scale: greatest.map((value, column) => value - least[column]) };
  }

  /** A scaler from what `toJSON` gave. @throws HebbError `data` for anything else. */
  static fromJSON(state: unknown): MinMaxScaler {
    return new MinMaxScaler().restore(state);
  }
}
