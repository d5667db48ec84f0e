import { checkFloat, checkRank } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { EPILOGUE_ACTIVATIONS, type Epilogue } from '../core/epilogue.js';
import { HebbError } from '../core/errors.js';
import { apply, applyAll, type Op } from '../core/op.js';
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { scatterAddAlongAxisOp } from './gather.js';
import { outputSize, type Padding, type Pair, pair, type Window, windowOf } from './window.js';

export interface PoolOptions {
  /** Default: the size of the window. */
  stride?: Pair;
  /** Default 'valid'. */
  padding?: Padding;
}

interface AvgPool {
  window: Window;
  countPadding: boolean;
}

function attributes({ kernel, stride, padding }: Window): number[] {
  return [...kernel, ...stride, ...padding];
}

/** Outputs: the maxima, and where in its image each stood (row·W + column, int32). */
export const maxPool2dOp: Op<Window> = {
  name: 'maxPool2d',
  infer: ([x], window) => {
    checkFloat('maxPool2d', x);
    const shape = [x.shape[0], ...outputSize('maxPool2d', x, window), x.shape[3]];
    return [
      { dtype: x.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  view: (_inputs, _outputs, window) => ({ attributes: attributes(window) }),
  // d = g added up where the maxima stood
  vjp: ({ inputs: [x], outputs: [, where], cotangents: [g] }) => {
    if (!g) return [];
    const [n, h, w, c] = x.shape;
    const pixels = [n, g.shape[1] * g.shape[2], c];
    const flat = apply(scatterAddAlongAxisOp, [g.reshape(pixels), where.reshape(pixels)], { axis: 1, shape: [n, h * w, c] });
    return [flat.reshape(x.shape)];
  },
};

export const avgPool2dOp: Op<AvgPool> = {
  name: 'avgPool2d',
  infer: ([x], { window }) => {
    checkFloat('avgPool2d', x);
    return [{ dtype: x.dtype, shape: [x.shape[0], ...outputSize('avgPool2d', x, window), x.shape[3]] }];
  },
  view: (_inputs, _outputs, { window, countPadding }) => ({ attributes: [...attributes(window), Number(countPadding)] }),
  // d = g spread evenly over each window
  vjp: ({ inputs: [x], cotangents: [g], attributes: a }) => [g && apply(avgPool2dGradOp, [g], { ...a, shape: x.shape })],
};

/** In compiled steps with a second input, the output of the activation that was pooled, whose gradient follows. */
export const avgPool2dGradOp: Op<AvgPool & { shape: Shape; activation?: Epilogue['activation'] }> = {
  name: 'avgPool2dGrad',
  infer: ([g], { shape }) => [{ dtype: g.dtype, shape }],
  view: (_inputs, _outputs, { window, countPadding, activation }) => ({
    attributes: [...attributes(window), Number(countPadding), ...(activation ? [EPILOGUE_ACTIVATIONS.indexOf(activation)] : [])],
  }),
  // linear in g: its transpose is the pooling itself
  vjp: ({ cotangents: [ct], attributes: a }) => [ct && apply(avgPool2dOp, [ct], a)],
};

/**
 * The largest value of each window: [N, H, W, C] → [N, H', W', C]. Padding never wins; NaN does; the gradient goes to the first of
 * equals.
 * @param size of the window
 */
export function maxPool2d<D extends DType>(x: Tensor<D>, size: Pair, options: PoolOptions = {}): Tensor<D> {
  return applyAll(maxPool2dOp, [x], poolWindow('maxPool2d', x, size, options))[0] as Tensor<D>;
}

/**
 * The mean of each window: [N, H, W, C] → [N, H', W', C].
 * @param size of the window
 * @param options.countPadding whether zeros of the padding count in the mean; default false, as in Keras (PyTorch's default is true)
 */
export function avgPool2d<D extends DType>(
  x: Tensor<D>,
  size: Pair,
  options: PoolOptions & { countPadding?: boolean } = {},
): Tensor<D> {
  return apply(avgPool2dOp, [x], {
    window: poolWindow('avgPool2d', x, size, options),
    countPadding: options.countPadding ?? false,
  });
}

/** The mean of each image and channel: [N, H, W, C] → [N, C]. */
export function globalAvgPool2d<D extends DType>(x: Tensor<D>): Tensor<D> {
  checkRank('globalAvgPool2d', 'images', x, 4, '[N, H, W, C]');
  return x.mean([1, 2]);
}

/** The largest value of each image and channel: [N, H, W, C] → [N, C]. */
export function globalMaxPool2d<D extends DType>(x: Tensor<D>): Tensor<D> {
  checkRank('globalMaxPool2d', 'images', x, 4, '[N, H, W, C]');
  return x.max([1, 2]);
}

function poolWindow(op: string, x: Tensor, size: Pair, options: PoolOptions): Window {
  checkRank(op, 'images', x, 4, '[N, H, W, C]');
  const kernel = pair(op, 'the window', size, 1);
  const window = windowOf(op, x, kernel, options, kernel);
  const [top, bottom, left, right] = window.padding;
  if (Math.max(top, bottom) >= kernel[0] || Math.max(left, right) >= kernel[1]) {
    throw new HebbError(
      'range',
      `${op}: expected padding smaller than the window ${kernel[0]}×${kernel[1]}, received ${window.padding}.`,
    );
  }
  return window;
}
