import { checkInteger, show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, applyAll, type Op } from '../core/op.js';
import { normalizeAxes, normalizeAxis, type Shape, sameShape, showShape } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { concat } from './concat.js';
import { zerosLike } from './full.js';

interface Slice {
  start: readonly number[];
  size: Shape;
  step: readonly number[];
}

interface Pad {
  start: readonly number[];
  step: readonly number[];
  shape: Shape;
  value: number;
}

export const sliceOp: Op<Slice> = {
  name: 'slice',
  infer: ([x], { size }) => [{ dtype: x.dtype, shape: size }],
  view: (_inputs, _outputs, { start, step }) => ({ attributes: [...start, ...step] }),
  partOf: ([x], [y], { start, step }) => {
    // Ranges of the first axis that is longer than 1.
    const along = y.shape.findIndex((dim) => dim !== 1);
    const whole = y.shape.every((dim, i) => along < 0 || i <= along || dim === x.shape[i]);
    return whole && step.every((by) => by === 1) ? start.reduce((at, from, i) => at * x.shape[i] + from, 0) : undefined;
  },
  // d = g put back among zeros
  vjp: ({ inputs: [x], cotangents: [g], attributes: { start, step } }) => [
    g && apply(padOp, [g], { start, step, shape: x.shape, value: 0 }),
  ],
};

interface Split {
  axis: number;
  sizes: readonly number[];
}

const splitOp: Op<Split> = {
  name: 'split',
  infer: ([x], { axis, sizes }) => sizes.map((size) => ({ dtype: x.dtype, shape: withSize(x.shape, axis, size) })),
  compose: ([x], { axis, sizes }) => {
    let from = 0;
    return sizes.map((size) => {
      const start = x.shape.map((_, i) => (i === axis ? from : 0));
      from += size;
      return apply(sliceOp, [x], { start, size: withSize(x.shape, axis, size), step: x.shape.map(() => 1) });
    });
  },
  // d = the parts' gradients joined: one pass, where those of slices would each fill a tensor of x's size
  vjp: ({ outputs, cotangents, attributes: { axis } }) => [
    concat(
      outputs.map((output, i) => cotangents[i] ?? zerosLike(output)),
      axis,
    ),
  ],
};

function withSize(shape: Shape, axis: number, size: number): Shape {
  return shape.map((dim, i) => (i === axis ? size : dim));
}

export const padOp: Op<Pad> = {
  name: 'pad',
  infer: ([x], { shape }) => [{ dtype: x.dtype, shape }],
  view: (_inputs, _outputs, { start, step, value }) => ({ attributes: [...start, ...step, value] }),
  // d = the slice of g that x filled
  vjp: ({ inputs: [x], cotangents: [g], attributes: { start, step } }) => [
    g && apply(sliceOp, [g], { start, size: x.shape, step }),
  ],
};

/**
 * A block of the tensor: element i of the result along an axis is element `start + i·step` of x.
 * @param size elements along each axis; −1 takes all that follow (with a step of 1)
 * @param step default 1 along every axis; may be negative
 * @throws HebbError `range` when the block reaches outside.
 */
export function slice<D extends DType>(x: Tensor<D>, start: readonly number[], size: Shape, step?: readonly number[]): Tensor<D> {
  const steps = step ?? start.map(() => 1);
  if (start.length !== x.rank || size.length !== x.rank || steps.length !== x.rank) {
    throw new HebbError(
      'shape',
      `slice: expected start, size and step of length ${x.rank} for ${show(x)}, received ${showShape(start)}, ${showShape(size)}, ${showShape(steps)}.`,
    );
  }
  const sizes = size.map((n, i) => (n === -1 ? x.shape[i] - start[i] : n));
  for (let i = 0; i < sizes.length; i++) checkBlock(x, i, start[i], sizes[i], steps[i]);
  if (sameShape(sizes, x.shape) && steps.every((s) => s === 1)) return x;
  return apply(sliceOp, [x], { start: [...start], size: sizes, step: [...steps] });
}

function checkBlock(x: Tensor, axis: number, start: number, size: number, step: number): void {
  const last = start + (size - 1) * step;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(size) && Number.isSafeInteger(step);
  const inside =
    size === 0 ? start >= 0 && start <= x.shape[axis] : start >= 0 && last >= 0 && Math.max(start, last) < x.shape[axis];
  if (!whole || size < 0 || step === 0 || !inside) {
    throw new HebbError(
      'range',
      `slice: start ${start}, size ${size} and step ${step} reach outside axis ${axis} of ${show(x)}.`,
    );
  }
}

/**
 * Consecutive parts along an axis.
 * @param parts a number of equal parts, or the size of each
 * @param axis default 0
 */
export function split<D extends DType>(x: Tensor<D>, parts: number | readonly number[], axis = 0): Tensor<D>[] {
  const at = normalizeAxis(axis, x.rank, 'split');
  const sizes = typeof parts === 'number' ? equalParts(x, parts, at) : parts;
  for (const size of sizes) checkInteger('split', 'sizes', size, 0);
  if (sizes.reduce((a, b) => a + b, 0) !== x.shape[at]) {
    throw new HebbError('shape', `split: the sizes ${showShape(sizes)} do not add up to axis ${at} of ${show(x)}.`);
  }
  if (sizes.length === 0) return [];
  return sizes.length === 1 ? [x] : ([...applyAll(splitOp, [x], { axis: at, sizes: [...sizes] })] as Tensor<D>[]);
}

function equalParts(x: Tensor, parts: number, axis: number): number[] {
  checkInteger('split', 'the number of parts', parts, 1);
  if (x.shape[axis] % parts !== 0)
    throw new HebbError('shape', `split: axis ${axis} of ${show(x)} does not divide into ${parts} equal parts.`);
  return new Array<number>(parts).fill(x.shape[axis] / parts);
}

/** The elements along some axes in reverse order. @param axes default all */
export function flip<D extends DType>(x: Tensor<D>, axes?: number | readonly number[]): Tensor<D> {
  const list = normalizeAxes(axes, x.rank, 'flip').filter((axis) => x.shape[axis] > 1);
  if (list.length === 0) return x;
  const start = x.shape.map((dim, i) => (list.includes(i) ? dim - 1 : 0));
  return apply(sliceOp, [x], { start, size: x.shape, step: x.shape.map((_, i) => (list.includes(i) ? -1 : 1)) });
}

/**
 * The tensor with a border.
 * @param widths elements to add [before, after] each axis
 * @param value what the border holds; default 0
 */
export function pad<D extends DType>(x: Tensor<D>, widths: readonly (readonly [number, number])[], value = 0): Tensor<D> {
  if (widths.length !== x.rank)
    throw new HebbError(
      'shape',
      `pad: expected [before, after] for each of the ${x.rank} axes of ${show(x)}, received ${widths.length}.`,
    );
  for (const [before, after] of widths) {
    checkInteger('pad', 'widths', before, 0);
    checkInteger('pad', 'widths', after, 0);
  }
  if (widths.every(([before, after]) => before + after === 0)) return x;
  const shape = x.shape.map((dim, i) => dim + widths[i][0] + widths[i][1]);
  return apply(padOp, [x], { start: widths.map(([before]) => before), step: widths.map(() => 1), shape, value });
}
