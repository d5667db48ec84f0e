import type { Tensor } from '../tensor.js';
import { type Shape, sameShape } from './shape.js';

/** Sums a gradient over the axes that broadcasting added or stretched: the transpose of broadcasting to `x.shape`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.shape.length - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < x.shape.length; i++) {
    if (i < extra || (shape[i - extra] === 1 && x.shape[i] !== 1)) axes.push(i);
  }
  return x.sum(axes, { keepDims: true }).reshape(shape);
}
