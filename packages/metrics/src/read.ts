import { HebbError, isFloat, scope, show, type Tensor } from '@hebb/tensor';

/** The elements of `tensor` as numbers; int64 beyond 2^53 is refused. */
export function readNumbers(metric: string, tensor: Tensor): ArrayLike<number> {
  const data = tensor.dataSync();
  if (!(data instanceof BigInt64Array)) return data;
  return Float64Array.from(data, (value) => {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new HebbError('data', `${metric}: expected integers below 2^53, received ${value}.`);
    return number;
  });
}

/** The elements of `tensor`, all of them finite. */
export function readFinite(metric: string, what: string, tensor: Tensor): ArrayLike<number> {
  const data = readNumbers(metric, tensor);
  for (let i = 0; i < data.length; i += 1) {
    if (!Number.isFinite(data[i]))
      throw new HebbError('data', `${metric}: expected finite ${what}, received ${data[i]} at element ${i}.`);
  }
  return data;
}

/** Class labels [N], each an integer from 0 to `classes` − 1. */
export function readLabels(metric: string, what: string, labels: Tensor, classes: number): ArrayLike<number> {
  if (labels.rank !== 1) throw new HebbError('shape', `${metric}: expected ${what} [N], received ${show(labels)}.`);
  const data = readNumbers(metric, labels);
  for (let i = 0; i < data.length; i += 1) {
    if (!Number.isInteger(data[i]) || data[i] < 0 || data[i] >= classes) {
      throw new HebbError('range', `${metric}: expected ${what} from 0 to ${classes - 1}, received ${data[i]} for sample ${i}.`);
    }
  }
  return data;
}

/** Above this many scores, arg-max runs where the scores are, and only the classes are read. */
const SMALL = 16_384;

/**
 * The class with the greatest score of each sample [N, C]; the first one of equals.
 * @throws HebbError `data` for a NaN.
 */
export function readArgMax(metric: string, what: string, scores: Tensor): ArrayLike<number> {
  const [samples, classes] = scores.shape;
  if (classes === 0) throw new HebbError('shape', `${metric}: expected at least one class, received ${what} ${show(scores)}.`);
  const best = scores.size <= SMALL ? argMaxRows(readNumbers(metric, scores), samples, classes) : argMaxOnDevice(scores);
  for (let i = 0; i < best.length; i += 1) {
    if (best[i] < 0) throw new HebbError('data', `${metric}: expected ${what} without NaN, received one for sample ${i}.`);
  }
  return best;
}

/** −1 stands for a row with a NaN. */
function argMaxRows(scores: ArrayLike<number>, rows: number, columns: number): Int32Array {
  const best = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const start = row * columns;
    let at = 0;
    for (let column = 0; column < columns; column += 1) {
      const score = scores[start + column];
      if (Number.isNaN(score)) {
        at = -1;
        break;
      }
      if (score > scores[start + at]) at = column;
    }
    best[row] = at;
  }
  return best;
}

function argMaxOnDevice(scores: Tensor): Int32Array {
  return scope(() => {
    const best = scores.argMax(-1);
    if (!isFloat(scores.dtype)) return best.dataSync();
    return scores.isNaN().any(-1).where(-1, best).dataSync();
  });
}
