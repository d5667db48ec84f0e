import { checkIndex, checkNumeric, checkRank, show } from '../core/check.js';
import type { DType, IndexDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import { aroundAxis, checkShape, normalizeAxis, type Shape, sameShape, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

interface Gather {
  axis: number;
}
interface Scatter {
  axis: number;
  shape: Shape;
}

function gatheredShape(shape: Shape, axis: number, indices: Shape): number[] {
  return [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)];
}

/** [outer, indices, inner]: a gathered tensor as kernels see it. */
function gatheredView(shape: Shape, axis: number, indices: Shape): Shape {
  const [outer, , inner] = aroundAxis(shape, axis);
  return [outer, sizeOf(indices), inner];
}

export const gatherOp: Op<Gather> = {
  name: 'gather',
  checksValues: true,
  infer: ([x, indices], { axis }) => {
    checkIndex('gather', 'indices', indices);
    const shape = gatheredShape(x.shape, axis, indices.shape);
    checkShape(shape, 'gather');
    return [{ dtype: x.dtype, shape }];
  },
  view: ([x, indices], _outputs, { axis }) => ({
    inputs: [aroundAxis(x.shape, axis), [sizeOf(indices.shape)]],
    outputs: [gatheredView(x.shape, axis, indices.shape)],
  }),
  // d = g added up at the indices
  vjp: ({ inputs: [x, indices], cotangents: [g], attributes: { axis } }) => [
    g && apply(scatterAddOp, [g, indices], { axis, shape: x.shape }),
  ],
};

export const scatterAddOp: Op<Scatter> = {
  name: 'scatterAdd',
  checksValues: true,
  infer: ([g, indices], { axis, shape }) => {
    checkNumeric('scatterAdd', g);
    checkIndex('scatterAdd', 'indices', indices);
    if (!sameShape(g.shape, gatheredShape(shape, axis, indices.shape))) {
      throw new HebbError(
        'shape',
        `scatterAdd: expected values of shape [${gatheredShape(shape, axis, indices.shape)}], received ${show(g)}.`,
      );
    }
    return [{ dtype: g.dtype, shape }];
  },
  view: ([, indices], _outputs, { axis, shape }) => ({
    inputs: [gatheredView(shape, axis, indices.shape), [sizeOf(indices.shape)]],
    outputs: [aroundAxis(shape, axis)],
  }),
  // d = the ct gathered at the indices
  vjp: ({ inputs: [, indices], cotangents: [g], attributes: { axis } }) => [g && apply(gatherOp, [g, indices], { axis })],
};

export const takeAlongAxisOp: Op<Gather> = {
  name: 'takeAlongAxis',
  checksValues: true,
  infer: ([x, indices], { axis }) => {
    checkIndex('takeAlongAxis', 'indices', indices);
    checkRank('takeAlongAxis', 'indices', indices, x.shape.length, `(that of ${show(x)})`);
    checkOtherAxes('takeAlongAxis', x.shape, indices.shape, axis);
    return [{ dtype: x.dtype, shape: indices.shape }];
  },
  view: ([x, indices], _outputs, { axis }) => ({
    inputs: [aroundAxis(x.shape, axis), aroundAxis(indices.shape, axis)],
    outputs: [aroundAxis(indices.shape, axis)],
  }),
  vjp: ({ inputs: [x, indices], cotangents: [g], attributes: { axis } }) => [
    g && apply(scatterAddAlongAxisOp, [g, indices], { axis, shape: x.shape }),
  ],
};

export const scatterAddAlongAxisOp: Op<Scatter> = {
  name: 'scatterAddAlongAxis',
  checksValues: true,
  infer: ([g, indices], { axis, shape }) => {
    checkNumeric('scatterAddAlongAxis', g);
    checkIndex('scatterAddAlongAxis', 'indices', indices);
    if (!sameShape(g.shape, indices.shape)) {
      throw new HebbError(
        'shape',
        `scatterAddAlongAxis: expected values and indices of one shape, received ${show(g)} and ${show(indices)}.`,
      );
    }
    checkOtherAxes('scatterAddAlongAxis', shape, indices.shape, axis);
    return [{ dtype: g.dtype, shape }];
  },
  view: ([g, indices], _outputs, { axis, shape }) => ({
    inputs: [aroundAxis(g.shape, axis), aroundAxis(indices.shape, axis)],
    outputs: [aroundAxis(shape, axis)],
  }),
  vjp: ({ inputs: [, indices], cotangents: [g], attributes: { axis } }) => [g && apply(takeAlongAxisOp, [g, indices], { axis })],
};

function checkOtherAxes(op: string, shape: Shape, indices: Shape, axis: number): void {
  if (shape.length !== indices.length || shape.some((dim, i) => i !== axis && dim !== indices[i])) {
    throw new HebbError(
      'shape',
      `${op}: expected shapes that differ in axis ${axis} only, received [${shape}] and [${indices}].`,
    );
  }
}

/** Kernels take int32 and int64: bytes are widened. */
function widened(indices: Tensor<IndexDType>): Tensor<IndexDType> {
  return indices.dtype === 'uint8' ? indices.cast('int32') : indices;
}

/**
 * Rows of x along an axis, in the order of the indices: the axis is replaced by the shape of `indices`.
 * @param axis default 0
 * @throws HebbError `range` for an index outside the axis; `dtype` for indices that are no integers.
 */
export function gather<D extends DType>(x: Tensor<D>, indices: Tensor<IndexDType>, axis = 0): Tensor<D> {
  return apply(gatherOp, [x, widened(indices)], { axis: normalizeAxis(axis, x.rank, 'gather') });
}

/** Zeros of `shape` to which `values` are added at the indices along an axis: the transpose of gather. @param axis default 0 */
export function scatterAdd<D extends DType>(values: Tensor<D>, indices: Tensor<IndexDType>, shape: Shape, axis = 0): Tensor<D> {
  checkShape(shape, 'scatterAdd');
  return apply(scatterAddOp, [values, widened(indices)], {
    axis: normalizeAxis(axis, shape.length, 'scatterAdd'),
    shape: [...shape],
  });
}

/** For each place of `indices`, the element of x with that index along the axis. @param axis default −1 */
export function takeAlongAxis<D extends DType>(x: Tensor<D>, indices: Tensor<IndexDType>, axis = -1): Tensor<D> {
  return apply(takeAlongAxisOp, [x, widened(indices)], { axis: normalizeAxis(axis, x.rank, 'takeAlongAxis') });
}

/** Zeros of `shape` to which `values` are added at their indices along an axis: the transpose of takeAlongAxis. */
export function scatterAddAlongAxis<D extends DType>(
  values: Tensor<D>,
  indices: Tensor<IndexDType>,
  shape: Shape,
  axis = -1,
): Tensor<D> {
  checkShape(shape, 'scatterAddAlongAxis');
  return apply(scatterAddAlongAxisOp, [values, widened(indices)], {
    axis: normalizeAxis(axis, shape.length, 'scatterAddAlongAxis'),
    shape: [...shape],
  });
}
