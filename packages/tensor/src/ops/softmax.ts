import { checkFloat, checkSame, checkSameDType } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import { aroundAxis, normalizeAxis } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

/** A function along an axis, which keeps the shape. */
function alongAxis(name: string, rest: Partial<Op<number>>): Op<number> {
  return {
    name,
    infer: ([x, y]) => {
      checkFloat(name, x);
      if (y) {
        checkSameDType(name, x, y);
        checkSame(name, 'both operands', y, x.shape);
      }
      return [x];
    },
    view: (inputs, _outputs, axis) => {
      const view = aroundAxis(inputs[0].shape, axis);
      return { inputs: inputs.map(() => view), outputs: [view] };
    },
    ...rest,
  };
}

// dx = y·(g − Σ g·y)
export const softmaxGradOp = alongAxis('softmaxGrad', {
  decompose: ([g, y], axis) => [y.mul(g.sub(g.mul(y).sum(axis, { keepDims: true })))],
});
export const softmaxOp = alongAxis('softmax', {
  vjp: ({ outputs: [y], cotangents: [g], attributes: axis }) => [g && apply(softmaxGradOp, [g, y], axis)],
});
// dx = g − eʸ·Σg
export const logSoftmaxGradOp = alongAxis('logSoftmaxGrad', {
  decompose: ([g, y], axis) => [g.sub(y.exp().mul(g.sum(axis, { keepDims: true })))],
});
export const logSoftmaxOp = alongAxis('logSoftmax', {
  vjp: ({ outputs: [y], cotangents: [g], attributes: axis }) => [g && apply(logSoftmaxGradOp, [g, y], axis)],
});

/** eˣ / Σeˣ along an axis, without overflow. @param axis default −1, the last */
export function softmax<D extends DType>(x: Tensor<D>, axis = -1): Tensor<D> {
  return apply(softmaxOp, [x], normalizeAxis(axis, x.rank, 'softmax'));
}

/** x − ln Σeˣ along an axis, without overflow. @param axis default −1, the last */
export function logSoftmax<D extends DType>(x: Tensor<D>, axis = -1): Tensor<D> {
  return apply(logSoftmaxOp, [x], normalizeAxis(axis, x.rank, 'logSoftmax'));
}
