import { checkFloat, checkRank, show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';
import { matmul } from './matmul.js';
import { avgPool2d } from './pool.js';
import { tensor } from './tensor.js';
import { type Pair, pair } from './window.js';

/**
 * The mean of each of H'×W' bins: [N, H, W, C] → [N, H', W', C]. Bin i of n over a side of length L is from ⌊i·L / n⌋ up to, not
 * including, ⌈(i + 1)·L / n⌉, as in PyTorch: where n does not divide L, neighbouring bins share a row.
 *
 * @param size [H', W'], or one number for both
 * @throws HebbError `shape` unless x is [N, H, W, C] with at least one row and column, `dtype` unless it is float32 or float64, `range`
 * unless the sizes are whole numbers from 1.
 */
export function adaptiveAvgPool2d<D extends DType>(x: Tensor<D>, size: Pair): Tensor<D> {
  checkFloat('adaptiveAvgPool2d', x);
  checkRank('adaptiveAvgPool2d', 'images', x, 4, '[N, H, W, C]');
  const [rows, columns] = pair('adaptiveAvgPool2d', 'the size', size, 1);
  const [n, height, width, channels] = x.shape;
  if (height < 1 || width < 1)
    throw new HebbError('shape', `adaptiveAvgPool2d: expected images of one pixel at least, received ${show(x)}.`);
  if (height % rows === 0 && width % columns === 0) return avgPool2d(x, [height / rows, width / columns]);
  const across = matmul(averages(width, columns, x), x.reshape([n * height, width, channels]));
  const down = matmul(averages(height, rows, x), across.reshape([n, height, columns * channels]));
  return down.reshape([n, rows, columns, channels]);
}

/** [bins, length]: row i holds 1 / (elements of bin i) in the bin. */
function averages<D extends DType>(length: number, bins: number, { dtype, device }: Tensor<D>): Tensor<D> {
  const matrix = new Float64Array(bins * length);
  for (let i = 0; i < bins; i++) {
    const start = Math.floor((i * length) / bins);
    const end = Math.ceil(((i + 1) * length) / bins);
    matrix.fill(1 / (end - start), i * length + start, i * length + end);
  }
  return tensor(matrix, { shape: [bins, length], dtype, device });
}
