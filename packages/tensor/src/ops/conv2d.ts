import { checkFloat, checkInteger, checkRank, checkSame, checkSameDType, show } from '../core/check.js';
import { type DType, wideDType } from '../core/dtype.js';
import { checkNoEpilogue, type Epilogue, epilogueAttributes, hasBias } from '../core/epilogue.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op, type Spec } from '../core/op.js';
import type { Shape } from '../core/shape.js';
import { sumTo } from '../core/sum-to.js';
import type { Tensor } from '../tensor.js';
import { outputSize, type Window, type WindowOptions, windowOf } from './window.js';

export interface Conv {
  window: Window;
  groups: number;
  /** Of compiled steps. */
  epilogue?: Epilogue;
}
interface ConvGrad extends Conv {
  /** Of the operand whose gradient this is. */
  shape: Shape;
}

export interface Conv2dOptions<D extends DType> extends WindowOptions {
  /** Input and output channels are split into this many groups that do not mix; default 1. */
  groups?: number;
  /** [out], added to every pixel. */
  bias?: Tensor<D>;
}

/** A convolution as its kernels take it. */
export function convAttributes({ window: { stride, padding, dilation }, groups, epilogue }: Conv): number[] {
  return [...stride, ...padding, ...dilation, groups, ...epilogueAttributes(epilogue)];
}

export const conv2dOp: Op<Conv> = {
  name: 'conv2d',
  infer: ([x, w, bias], { window, groups, epilogue }) => {
    checkConvolution(x, w, groups);
    if (bias && hasBias(epilogue)) {
      checkSameDType('conv2d', x, bias);
      checkSame('conv2d', 'the bias', bias, [w.shape[0]]);
    }
    return [{ dtype: x.dtype, shape: [x.shape[0], ...outputSize('conv2d', x, window), w.shape[0]] }];
  },
  view: (_inputs, _outputs, conv) => ({ attributes: convAttributes(conv) }),
  // dx = g correlated back through w, dw = x correlated with g, dbias = Σg
  vjp: ({ inputs: [x, w, bias], cotangents: [g], attributes: conv, needs }) => {
    if (!g) return [];
    checkNoEpilogue('conv2d', conv.epilogue);
    return [
      needs[0] ? apply(conv2dInputGradOp, [g, w], { ...conv, shape: x.shape }) : undefined,
      needs[1] ? apply(conv2dFilterGradOp, [x, g], { ...conv, shape: w.shape }) : undefined,
      bias && needs[2] ? sumTo(g, bias.shape) : undefined,
    ];
  },
};

/** dx of conv2d, from (g, w): linear in both. */
export const conv2dInputGradOp: Op<ConvGrad> = {
  name: 'conv2dInputGrad',
  infer: ([g], { shape }) => [{ dtype: g.dtype, shape }],
  view: (_inputs, _outputs, conv) => ({ attributes: convAttributes(conv) }),
  vjp: ({ inputs: [g, w], cotangents: [ct], attributes: conv, needs }) => [
    ct && needs[0] ? apply(conv2dOp, [ct, w], conv) : undefined,
    ct && needs[1] ? apply(conv2dFilterGradOp, [ct, g], { ...conv, shape: w.shape }) : undefined,
  ],
};

/** dw of conv2d, from (x, g): linear in both. float32 where those have 16 bits, as it was summed up. */
export const conv2dFilterGradOp: Op<ConvGrad> = {
  name: 'conv2dFilterGrad',
  infer: ([x], { shape }) => [{ dtype: wideDType(x.dtype), shape }],
  view: (_inputs, _outputs, conv) => ({ attributes: convAttributes(conv) }),
  vjp: ({ inputs: [x, g], cotangents: [ct], attributes: conv, needs }) => [
    ct && needs[0] ? apply(conv2dInputGradOp, [g, ct.cast(x.dtype)], { ...conv, shape: x.shape }) : undefined,
    ct && needs[1] ? apply(conv2dOp, [x, ct.cast(x.dtype)], conv) : undefined,
  ],
};

function checkConvolution(x: Spec, w: Spec, groups: number): void {
  checkFloat('conv2d', x);
  checkSameDType('conv2d', x, w);
  if (x.shape[3] !== w.shape[3] * groups || w.shape[0] % groups !== 0) {
    throw new HebbError(
      'shape',
      `conv2d: expected weights [out, kh, kw, in / groups] with out a multiple of groups, received ${show(w)} for ${show(x)} in ${groups} ${groups === 1 ? 'group' : 'groups'}.`,
    );
  }
}

/**
 * Two-dimensional cross-correlation of images x [N, H, W, in] with weights w [out, kh, kw, in / groups] → [N, H', W', out],
 * H' = ⌊(H + padding − dilation·(kh − 1) − 1) / stride⌋ + 1.
 *
 * @throws HebbError `shape` when operands do not fit, the window is larger than the padded image, or groups do not divide;
 * `dtype` unless all are of one floating-point dtype; `range` for a stride, dilation or groups below 1.
 */
export function conv2d<D extends DType>(x: Tensor<D>, w: Tensor<D>, options: Conv2dOptions<D> = {}): Tensor<D> {
  const { groups = 1, bias } = options;
  checkRank('conv2d', 'images', x, 4, '[N, H, W, C]');
  checkRank('conv2d', 'weights', w, 4, '[out, kh, kw, in / groups]');
  checkInteger('conv2d', 'groups', groups, 1);
  const window = windowOf('conv2d', x, [w.shape[1], w.shape[2]], options, 1);
  return apply(conv2dOp, bias ? [x, w, bias] : [x, w], { window, groups });
}
