import { checkFloat, checkNumber, checkNumeric } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op, type Spec, type VjpContext } from '../core/op.js';
import type { Tensor } from '../tensor.js';

/** The gradient rule of an elementwise function: from the output's gradient, the input and the output. */
type Rule<A> = (g: Tensor, x: Tensor, y: Tensor, attributes: A) => Tensor;

/** An elementwise function of one tensor that keeps its shape and dtype. */
export function unary<A = undefined>(
  name: string,
  check: (name: string, x: Spec) => void,
  rule?: Rule<A>,
  attributes?: (attributes: A) => readonly number[],
): Op<A> {
  return {
    name,
    inPlace: [[0, 0]],
    infer: (inputs) => {
      check(name, inputs[0]);
      return inputs;
    },
    ...(attributes && { view: (_inputs: readonly Spec[], _outputs: readonly Spec[], a: A) => ({ attributes: attributes(a) }) }),
    ...(rule && {
      vjp: ({ inputs: [x], outputs: [y], cotangents: [g], attributes: a }: VjpContext<A>) => [g && rule(g, x, y, a)],
    }),
  };
}

// d(-x) = -g
export const negOp = unary('neg', checkNumeric, (g) => g.neg());
// d|x| = g·sign x
export const absOp = unary('abs', checkNumeric, (g, x) => g.mul(x.sign()));
export const signOp = unary('sign', checkNumeric);
// d eˣ = g·eˣ
export const expOp = unary('exp', checkFloat, (g, _x, y) => g.mul(y));
// d ln x = g / x
export const logOp = unary('log', checkFloat, (g, x) => g.div(x));
// d ln(1 + x) = g / (1 + x)
export const log1pOp = unary('log1p', checkFloat, (g, x) => g.div(x.add(1)));
// d(eˣ − 1) = g·(y + 1)
export const expm1Op = unary('expm1', checkFloat, (g, _x, y) => g.mul(y.add(1)));
// d√x = g / 2√x
export const sqrtOp = unary('sqrt', checkFloat, (g, _x, y) => g.div(y.mul(2)));
// d x^(−½) = −½·g·y³
export const rsqrtOp = unary('rsqrt', checkFloat, (g, _x, y) => g.mul(y.mul(y).mul(y).mul(-0.5)));
// d x² = 2·g·x
export const squareOp = unary('square', checkNumeric, (g, x) => g.mul(x.add(x)));
// d x⁻¹ = −g·y²
export const reciprocalOp = unary('reciprocal', checkFloat, (g, _x, y) => g.mul(y.square()).neg());
// d sin x = g·cos x
export const sinOp = unary('sin', checkFloat, (g, x) => g.mul(x.cos()));
// d cos x = −g·sin x
export const cosOp = unary('cos', checkFloat, (g, x) => g.mul(x.sin()).neg());
// d erf x = g·2/√π·exp(−x²)
export const erfOp = unary('erf', checkFloat, (g, x) => g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)));
export const floorOp = unary('floor', checkFloat);
export const ceilOp = unary('ceil', checkFloat);
export const roundOp = unary('round', checkFloat);

interface Clip {
  min: number;
  max: number;
}

// d clip(x) = g inside [min, max], 0 outside
export const clipOp = unary<Clip>(
  'clip',
  checkNumeric,
  (g, x, _y, { min, max }) => g.mul(x.greaterEqual(min).logicalAnd(x.lessEqual(max)).cast(g.dtype)),
  ({ min, max }) => [min, max],
);

/** −x. */
export const neg = simple(negOp);
/** |x|; the gradient at 0 is 0. */
export const abs = simple(absOp);
/** −1, 0 or 1; NaN stays NaN. Its gradient is 0. */
export const sign = simple(signOp);
/** eˣ. */
export const exp = simple(expOp);
/** Natural logarithm: −∞ at 0, NaN below. */
export const log = simple(logOp);
/** ln(1 + x), exact for small x. */
export const log1p = simple(log1pOp);
/** eˣ − 1, exact for small x. */
export const expm1 = simple(expm1Op);
/** Square root: NaN below 0. */
export const sqrt = simple(sqrtOp);
/** 1 / √x. */
export const rsqrt = simple(rsqrtOp);
/** x². */
export const square = simple(squareOp);
/** 1 / x. */
export const reciprocal = simple(reciprocalOp);
/** Sine of radians. */
export const sin = simple(sinOp);
/** Cosine of radians. */
export const cos = simple(cosOp);
/** The error function 2/√π·∫₀ˣ exp(−t²)dt. */
export const erf = simple(erfOp);
/** Largest whole number that is not above x. Its gradient is 0. */
export const floor = simple(floorOp);
/** Smallest whole number that is not below x. Its gradient is 0. */
export const ceil = simple(ceilOp);
/** Nearest whole number, ties to even. Its gradient is 0. */
export const round = simple(roundOp);

/**
 * x limited to [min, max]; NaN stays NaN. The gradient is 0 outside.
 * @throws HebbError `range` when min is above max, or either is NaN.
 */
export function clip<D extends DType>(x: Tensor<D>, min: number, max: number): Tensor<D> {
  checkNumber('clip', 'min', min);
  checkNumber('clip', 'max', max);
  if (min > max) throw new HebbError('range', `clip: expected min ≤ max, received ${min} and ${max}.`);
  return apply(clipOp, [x], { min, max });
}

/** The public function of an op without attributes. */
export function simple(op: Op): <D extends DType>(x: Tensor<D>) => Tensor<D> {
  return <D extends DType>(x: Tensor<D>): Tensor<D> => apply(op, [x], undefined);
}
