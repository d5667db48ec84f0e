import { checkInteger, show } from '../core/check.js';
import { HebbError } from '../core/errors.js';
import type { Spec } from '../core/op.js';

/** One number for height and width, or [height, width]. */
export type Pair = number | readonly [number, number];

/**
 * Zeros around an image: 'valid' for none, 'same' so that the output has ⌈input / stride⌉ rows and columns (an odd one goes to the
 * bottom and right), a number or [height, width] for both sides, or [[top, bottom], [left, right]].
 */
export type Padding = 'valid' | 'same' | Pair | readonly [readonly [number, number], readonly [number, number]];

/** A window that slides over an image, everything worked out. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, bottom, left, right */
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
}

export interface WindowOptions {
  /** Default 1 for convolutions, the window's size for pooling. */
  stride?: Pair;
  /** Default 'valid'. */
  padding?: Padding;
  /** Distance between the elements of a window; default 1. */
  dilation?: Pair;
}

/** [height, width] of a pair, each checked to be a whole number from `least`. */
export function pair(op: string, what: string, value: Pair, least: number): [number, number] {
  const [height, width] = typeof value === 'number' ? [value, value] : value;
  checkInteger(op, what, height, least, 0x7fffffff);
  checkInteger(op, what, width, least, 0x7fffffff);
  return [height, width];
}

/** The window that the options mean for an image [N, H, W, C]. */
export function windowOf(op: string, x: Spec, kernel: readonly [number, number], options: WindowOptions, stride: Pair): Window {
  const strides = pair(op, 'stride', options.stride ?? stride, 1);
  const dilation = pair(op, 'dilation', options.dilation ?? 1, 1);
  const [height, width] = [x.shape[1], x.shape[2]];
  const padding = paddingOf(op, options.padding ?? 'valid', [height, width], kernel, strides, dilation);
  return { kernel, stride: strides, padding, dilation };
}

function paddingOf(
  op: string,
  padding: Padding,
  size: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
): [number, number, number, number] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding === 'same') return [...sameOf(0), ...sameOf(1)];
  if (typeof padding === 'string')
    throw new HebbError('argument', `${op}: expected padding 'same', 'valid' or numbers, received '${padding}'.`);
  const [vertical, horizontal] = typeof padding === 'number' ? [padding, padding] : padding;
  return [...pair(op, 'padding', vertical, 0), ...pair(op, 'padding', horizontal, 0)];

  function sameOf(axis: 0 | 1): [number, number] {
    const reach = (kernel[axis] - 1) * dilation[axis] + 1;
    const total = Math.max(0, (Math.ceil(size[axis] / stride[axis]) - 1) * stride[axis] + reach - size[axis]);
    return [total >> 1, total - (total >> 1)];
  }
}

/** [height, width] of what a window makes of an image. */
export function outputSize(
  op: string,
  x: Spec,
  { kernel, stride, padding: [top, bottom, left, right], dilation }: Window,
): [number, number] {
  const rows = extent(x.shape[1] + top + bottom, kernel[0], stride[0], dilation[0]);
  const columns = extent(x.shape[2] + left + right, kernel[1], stride[1], dilation[1]);
  if (rows < 1 || columns < 1) {
    throw new HebbError(
      'shape',
      `${op}: a window of ${kernel[0]}×${kernel[1]} (dilation ${dilation}) is larger than the image ${show(x)} with padding ${top}, ${bottom}, ${left}, ${right} (top, bottom, left, right).`,
    );
  }
  return [rows, columns];
}

function extent(size: number, kernel: number, stride: number, dilation: number): number {
  return Math.floor((size - ((kernel - 1) * dilation + 1)) / stride) + 1;
}
