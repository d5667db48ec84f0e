import { checkSameDType, show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { aroundAxis, normalizeAxis, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

/** The most operands that one command carries. */
const MOST = 1000;

export const concatOp: Op<number> = {
  name: 'concat',
  infer: (inputs, axis) => {
    const [first] = inputs;
    for (const x of inputs) {
      checkSameDType('concat', first, x);
      if (x.shape.length !== first.shape.length || x.shape.some((dim, i) => i !== axis && dim !== first.shape[i])) {
        throw new HebbError(
          'shape',
          `concat: expected shapes that differ in axis ${axis} only, received ${show(first)} and ${show(x)}.`,
        );
      }
    }
    const total = inputs.reduce((sum, x) => sum + x.shape[axis], 0);
    return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }];
  },
  view: (inputs, [y], axis) => ({
    inputs: inputs.map((x) => aroundAxis(x.shape, axis)),
    outputs: [aroundAxis(y.shape, axis)],
    attributes: [1],
  }),
  partsIn: (inputs, _outputs, axis) => {
    if (inputs[0].shape.some((dim, i) => i < axis && dim !== 1)) return undefined;
    let from = 0;
    return inputs.map(({ shape }) => {
      from += sizeOf(shape);
      return from - sizeOf(shape);
    });
  },
  // each input gets its slice of g
  vjp: ({ inputs, cotangents: [g], attributes: axis, needs }) => {
    let from = 0;
    return inputs.map((x, i) => {
      const start = x.shape.map((_, k) => (k === axis ? from : 0));
      from += x.shape[axis];
      return needs[i] ? g?.slice(start, x.shape) : undefined;
    });
  },
};

/**
 * Tensors joined along an axis that exists.
 * @param axis default 0
 * @throws HebbError `shape` when they differ in another axis, `argument` for an empty list.
 */
export function concat<D extends DType>(xs: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (xs.length === 0) throw new HebbError('argument', 'concat: expected at least one tensor, received none.');
  const at = normalizeAxis(axis, xs[0].rank, 'concat');
  if (xs.length === 1) return xs[0];
  if (xs.length <= MOST) return apply(concatOp, xs, at);
  const parts: Tensor<D>[] = [];
  for (let i = 0; i < xs.length; i += MOST) parts.push(concat(xs.slice(i, i + MOST), at));
  return concat(parts, at);
}

/** Tensors of one shape joined along a new axis. @param axis default 0 */
export function stack<D extends DType>(xs: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (xs.length === 0) throw new HebbError('argument', 'stack: expected at least one tensor, received none.');
  return concat(
    xs.map((x) => x.expandDims(axis)),
    axis < 0 ? axis + xs[0].rank + 1 : axis,
  );
}
