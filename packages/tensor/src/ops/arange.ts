import { checkInteger, checkNumber } from '../core/check.js';
import { type CreationOptions, creationOptions, type Device } from '../core/device.js';
import { checkDType, type DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';

interface Arange {
  start: number;
  step: number;
  count: number;
  dtype: DType;
  device: Device;
}

export const arangeOp: Op<Arange> = {
  name: 'arange',
  device: ({ device }) => device,
  infer: (_inputs, { count, dtype }) => [{ shape: [count], dtype }],
  view: (_inputs, _outputs, { start, step }) => ({ attributes: [start, step] }),
};

/**
 * Numbers from `start` up to, not including, `stop`, as a tensor of rank 1: `arange(3)` is [0, 1, 2].
 * @param options a dtype (default float32), or dtype and device (default: `getDefaultDevice()`)
 * @throws HebbError `range` for a step of 0 or one that leads away from `stop`.
 */
export function arange<D extends DType = 'float32'>(start: number, stop?: number, step?: number, dtype?: D): Tensor<D>;
export function arange<D extends DType = 'float32'>(
  start: number,
  stop: number | undefined,
  step: number | undefined,
  options: CreationOptions<D>,
): Tensor<D>;
export function arange<D extends DType>(start: number, stop?: number, step = 1, options?: D | CreationOptions<D>): Tensor<D> {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  for (const value of [from, to, step]) checkNumber('arange', 'start, stop and step', value);
  if (step === 0 || (to - from) / step < 0) {
    throw new HebbError('range', `arange: a step of ${step} never leads from ${from} to ${to}.`);
  }
  const count = Math.ceil((to - from) / step);
  checkInteger('arange', 'the number of elements', count, 0);
  return ramp('arange', from, step, count, options);
}

/**
 * `count` numbers from `start` to `stop`, both included, at equal distances.
 * @param options a dtype (default float32), or dtype and device (default: `getDefaultDevice()`)
 */
export function linspace<D extends DType = 'float32'>(start: number, stop: number, count: number, dtype?: D): Tensor<D>;
export function linspace<D extends DType = 'float32'>(
  start: number,
  stop: number,
  count: number,
  options: CreationOptions<D>,
): Tensor<D>;
export function linspace<D extends DType>(
  start: number,
  stop: number,
  count: number,
  options?: D | CreationOptions<D>,
): Tensor<D> {
  checkNumber('linspace', 'start', start);
  checkNumber('linspace', 'stop', stop);
  checkInteger('linspace', 'count', count, 1);
  return ramp('linspace', start, count > 1 ? (stop - start) / (count - 1) : 0, count, options);
}

/**
 * The identity matrix [n, m], with ones where row and column are equal.
 * @param m default n
 * @param options a dtype (default float32), or dtype and device (default: `getDefaultDevice()`)
 */
export function eye<D extends DType = 'float32'>(n: number, m?: number, dtype?: D): Tensor<D>;
export function eye<D extends DType = 'float32'>(n: number, m: number | undefined, options: CreationOptions<D>): Tensor<D>;
export function eye<D extends DType>(n: number, m: number = n, options?: D | CreationOptions<D>): Tensor<D> {
  const { dtype = 'float32' as D, device } = creationOptions(options, 'eye');
  checkInteger('eye', 'the number of rows', n, 0);
  checkInteger('eye', 'the number of columns', m, 0);
  checkDType(dtype, 'eye');
  return ramp('eye', 0, 1, n, { dtype: 'int32', device })
    .reshape([n, 1])
    .equal(ramp('eye', 0, 1, m, { dtype: 'int32', device }))
    .cast(dtype);
}

function ramp<D extends DType>(
  name: string,
  start: number,
  step: number,
  count: number,
  options: D | CreationOptions<D> | undefined,
): Tensor<D> {
  const { dtype = 'float32' as D, device } = creationOptions(options, name);
  checkDType(dtype, name);
  return apply(arangeOp, [], { start, step, count, dtype, device });
}
