import type { Device } from './device.js';
import { isFloat, isIndex, isNumeric, wideDType } from './dtype.js';
import { HebbError } from './errors.js';
import type { Op, Spec } from './op.js';
import { type Shape, sameShape, showShape } from './shape.js';

/** "float32 [2, 3]", as messages show a tensor, and where it is if not on the CPU; JavaScript may pass something else. */
export function show(spec: Spec & { readonly device?: Device }): string {
  if (!isSpec(spec)) return `${Array.isArray(spec) ? 'an array' : String(spec)}, which is no tensor`;
  const where = spec.device === undefined || spec.device === 'cpu' ? '' : ` on ${spec.device}`;
  return `${spec.dtype} ${showShape(spec.shape)}${where}`;
}

/** What knows where it is. */
type Placed = Spec & { readonly device: Device };

/**
 * The device that an op computes on: that of its inputs.
 * @throws HebbError `device` where they are on two.
 */
export function deviceOf<A>(op: Op<A>, inputs: readonly Placed[], attributes: A): Device {
  if (inputs.length === 0) return op.device?.(attributes) ?? 'cpu';
  const { device } = inputs[0];
  for (let i = 1; i < inputs.length; i++) if (inputs[i].device !== device) throw twoDevices(op.name, inputs[0], inputs[i]);
  return device;
}

/** Why an op cannot run: its operands are on two devices. */
export function twoDevices(op: string, a: Placed, b: Placed): HebbError {
  const away = a.device === 'cpu' ? b.device : a.device;
  const at = (x: Placed): string => `${x.dtype} ${showShape(x.shape)} on ${x.device}`;
  return new HebbError(
    'device',
    `${op}: expected operands on one device, received ${at(a)} and ${at(b)}; move one of them, as in x.to('${away}').`,
  );
}

function isSpec(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value;
}

export function checkSameDType(op: string, a: Spec, b: Spec): void {
  if (a.dtype !== b.dtype) {
    throw new HebbError(
      'dtype',
      `${op}: expected operands of one dtype, received ${show(a)} and ${show(b)}; cast one of them, as in b.cast('${a.dtype}').`,
    );
  }
}

/** For ops of floating-point numbers. */
export function checkFloat(op: string, x: Spec): void {
  if (isFloat(x?.dtype)) return;
  throw new HebbError('dtype', `${op}: expected a floating-point dtype, received ${show(x)}; cast it, as in x.cast('float32').`);
}

/** For ops of numbers. */
export function checkNumeric(op: string, x: Spec): void {
  if (isNumeric(x?.dtype)) return;
  throw new HebbError('dtype', `${op}: expected a numeric dtype, received ${show(x)}; cast it, as in x.cast('float32').`);
}

/** For scales and statistics of x: float32 where x is bfloat16 or float16, else of x's dtype. */
export function checkWide(op: string, what: string, x: Spec, parameter: Spec): void {
  const expected = wideDType(x.dtype);
  if (parameter.dtype === expected) return;
  throw new HebbError(
    'dtype',
    `${op}: expected ${what} of ${expected} for an input of ${x.dtype}, received ${show(parameter)}; cast it, as in ${what}.cast('${expected}').`,
  );
}

export function checkBool(op: string, x: Spec): void {
  if (x.dtype !== 'bool')
    throw new HebbError('dtype', `${op}: expected bool, received ${show(x)}; compare first, as in x.notEqual(0).`);
}

/** For labels and indices. */
export function checkIndex(op: string, what: string, x: Spec): void {
  if (!isIndex(x.dtype))
    throw new HebbError('dtype', `${op}: expected ${what} of int32, int64 or uint8, received ${show(x)}; cast them to 'int32'.`);
}

export function checkRank(op: string, what: string, x: Spec, rank: number, layout: string): void {
  if (!isSpec(x) || x.shape.length !== rank)
    throw new HebbError('shape', `${op}: expected ${what} of rank ${rank} ${layout}, received ${show(x)}.`);
}

export function checkSame(op: string, what: string, x: Spec, expected: Shape): void {
  if (!sameShape(x.shape, expected))
    throw new HebbError('shape', `${op}: expected ${what} of shape ${showShape(expected)}, received ${show(x)}.`);
}

/** A number that is an attribute: finite, and inside the range. */
export function checkNumber(op: string, what: string, value: number, least = -Infinity, most = Infinity): void {
  if (typeof value !== 'number' || Number.isNaN(value) || value < least || value > most) {
    throw new HebbError('range', `${op}: expected ${what} ${range(least, most)}, received ${value}.`);
  }
}

export function checkInteger(op: string, what: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new HebbError('range', `${op}: expected ${what} to be a whole number ${range(least, most)}, received ${value}.`);
  }
}

function range(least: number, most: number): string {
  if (least === -Infinity && most === Infinity) return 'to be a number';
  if (most === Infinity || most === Number.MAX_SAFE_INTEGER) return `from ${least}`;
  return `from ${least} to ${most}`;
}
