import { HebbError } from '@hebb/tensor';
import { checkFitData, checkMatrix, type FloatMatrix, type Matrix, mapMatrix, type NarrowData } from './matrix.js';

/** What an affine scaler has learnt, one number per column: `scaled = (value - shift) / scale`. */
export interface ScalerState {
  readonly kind: string;
  readonly shift: readonly number[];
  readonly scale: readonly number[];
}

/** Scales each column by a shift and a factor that {@link fit} learns. Fit on training data only, then transform everything. */
export abstract class Scaler {
  /** Tells the kinds of scaler apart in saved state. */
  abstract readonly kind: string;
  #state: Pick<ScalerState, 'shift' | 'scale'> | undefined;

  /** The shift and scale of each column of a checked matrix. A scale of 0 marks a constant column. */
  protected abstract learn(matrix: Matrix): Pick<ScalerState, 'shift' | 'scale'>;

  /**
   * Learns from a matrix [N, D]. A constant column gets the scale 1, so that it maps to a constant.
   * @throws HebbError `shape` for a wrong shape, `data` for an empty matrix or a value that is not finite.
   */
  fit(matrix: Matrix): this {
    checkFitData(`${this.kind}: fit`, matrix);
    const { shift, scale } = this.learn(matrix);
    this.#state = { shift, scale: scale.map((value) => value || 1) };
    return this;
  }

  /**
   * The scaled matrix, [N, D]: float64 if the given one is, else float32.
   * @throws HebbError `state` before {@link fit}, `shape` if the columns are not those of it.
   */
  transform(matrix: Matrix<Float64Array>): Matrix<Float64Array>;
  transform(matrix: Matrix<NarrowData>): Matrix<Float32Array>;
  transform(matrix: Matrix): FloatMatrix {
    const { shift, scale } = this.#fitted('transform', matrix);
    return mapMatrix(matrix, (value, column) => (value - shift[column]) / scale[column]);
  }

  /** The inverse of {@link transform}: back to the original units, e.g. for predictions. Errors as there. */
  inverse(matrix: Matrix<Float64Array>): Matrix<Float64Array>;
  inverse(matrix: Matrix<NarrowData>): Matrix<Float32Array>;
  inverse(matrix: Matrix): FloatMatrix {
    const { shift, scale } = this.#fitted('inverse', matrix);
    return mapMatrix(matrix, (value, column) => value * scale[column] + shift[column]);
  }

  /** What was learnt, for `JSON.stringify`. @throws HebbError `state` before {@link fit}. */
  toJSON(): ScalerState {
    return { kind: this.kind, ...this.#fitted('toJSON') };
  }

  /** Takes over what {@link toJSON} gave. @throws HebbError `data` for anything else. */
  protected restore(state: unknown): this {
    const { kind, shift, scale } = Object(state) as Partial<Record<keyof ScalerState, unknown>>;
    if (kind !== this.kind)
      throw new HebbError('data', `${this.kind}: expected state of kind "${this.kind}", received ${JSON.stringify(kind)}.`);
    if (!isNumbers(shift) || !isNumbers(scale) || shift.length !== scale.length || shift.length === 0 || scale.includes(0)) {
      throw new HebbError(
        'data',
        `${this.kind}: expected "shift" and "scale" to be arrays of finite numbers of one length, scales not 0.`,
      );
    }
    this.#state = { shift: [...shift], scale: [...scale] };
    return this;
  }

  #fitted(what: string, matrix?: Matrix): Pick<ScalerState, 'shift' | 'scale'> {
    if (this.#state === undefined) throw new HebbError('state', `${this.kind}: call fit before ${what}.`);
    if (matrix !== undefined) checkMatrix(`${this.kind}: ${what}`, matrix, this.#state.shift.length);
    return this.#state;
  }
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isFinite(item));
}
