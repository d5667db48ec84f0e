import { checkInteger, show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';

/**
 * The tensor repeated side by side.
 * @param repeats how many times along each axis
 */
export function tile<D extends DType>(x: Tensor<D>, repeats: readonly number[]): Tensor<D> {
  if (repeats.length !== x.rank)
    throw new HebbError(
      'shape',
      `tile: expected repeats for each of the ${x.rank} axes of ${show(x)}, received ${repeats.length}.`,
    );
  for (const n of repeats) checkInteger('tile', 'repeats', n, 0);
  let tiled = x;
  // One axis at a time: [before, 1, rest] → [before, n, rest] stays within the largest rank.
  repeats.forEach((n, axis) => {
    if (n === 1) return;
    const before = tiled.shape.slice(0, axis).reduce((a, b) => a * b, 1);
    const rest = tiled.shape.slice(axis).reduce((a, b) => a * b, 1);
    const shape = tiled.shape.map((dim, i) => (i === axis ? dim * n : dim));
    tiled = tiled.reshape([before, 1, rest]).broadcastTo([before, n, rest]).reshape(shape);
  });
  return tiled;
}
