import { checkInteger, show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { checkShape, normalizeAxes, normalizeAxis, type Shape, sameShape, showShape, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

export const reshapeOp: Op<Shape> = {
  name: 'reshape',
  alias: true,
  infer: ([x], shape) => [{ dtype: x.dtype, shape }],
  vjp: ({ inputs: [x], cotangents: [g] }) => [g?.reshape(x.shape)],
};

/**
 * The same values under another shape; the memory is shared. One dimension may be −1: it follows from the others.
 * @throws HebbError `shape` when the numbers of elements differ.
 */
export function reshape<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  if (sameShape(x.shape, shape)) return x;
  const target = shape.includes(-1) ? inferDimension(x, shape) : shape;
  checkShape(target, 'reshape');
  if (sizeOf(target) !== x.size) {
    throw new HebbError(
      'shape',
      `reshape: ${show(x)} has ${x.size} elements, and the shape ${showShape(shape)} has ${sizeOf(target)}.`,
    );
  }
  return apply(reshapeOp, [x], [...target]);
}

/** Without dimensions of 1: all of them, or those of the axes named. @throws HebbError `shape` when a named one is not 1. */
export function squeeze<D extends DType>(x: Tensor<D>, axes?: number | readonly number[]): Tensor<D> {
  const list = axes === undefined ? undefined : normalizeAxes(axes, x.rank, 'squeeze');
  const wrong = list?.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined)
    throw new HebbError('shape', `squeeze: axis ${wrong} of ${show(x)} has dimension ${x.shape[wrong]}, expected 1.`);
  return reshape(
    x,
    x.shape.filter((dim, i) => (list ? !list.includes(i) : dim !== 1)),
  );
}

/** With a dimension of 1 put in at `axis` (−1: at the end). */
export function expandDims<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  const at = normalizeAxis(axis, x.rank + 1, 'expandDims');
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** All axes from `start` on in one. @param start default 0 */
export function flatten<D extends DType>(x: Tensor<D>, start = 0): Tensor<D> {
  checkInteger('flatten', 'start', start, 0, x.rank);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start))]);
}

function inferDimension(x: Tensor, shape: Shape): number[] {
  const known = shape.filter((dim) => dim !== -1);
  const rest = sizeOf(known);
  if (known.length !== shape.length - 1)
    throw new HebbError('shape', `reshape: only one dimension may be -1, received ${showShape(shape)}.`);
  if (rest === 0 || x.size % rest !== 0) {
    throw new HebbError(
      'shape',
      `reshape: no dimension in place of -1 makes ${showShape(shape)} hold the ${x.size} elements of ${show(x)}.`,
    );
  }
  return shape.map((dim) => (dim === -1 ? x.size / rest : dim));
}
