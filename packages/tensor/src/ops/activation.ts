import { checkFloat, checkNumber, checkNumeric, checkSame, checkSameDType } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';
import { simple, unary } from './unary.js';

/** A fused gradient kernel of (g, saved), differentiated again through the same value from simple ops. */
function gradient<A = undefined>(
  name: string,
  decompose: (g: Tensor, saved: Tensor, attributes: A) => Tensor,
  attributes?: (attributes: A) => readonly number[],
): Op<A> {
  return {
    name,
    inPlace: [
      [0, 0],
      [0, 1],
    ],
    infer: ([g, saved]) => {
      checkFloat(name, g);
      checkSameDType(name, g, saved);
      checkSame(name, 'both operands', saved, g.shape);
      return [g];
    },
    ...(attributes && { view: (_i, _o, a) => ({ attributes: attributes(a) }) }),
    decompose: ([g, saved], a) => [decompose(g, saved, a)],
  };
}

export const reluGradOp = gradient('reluGrad', (g, y) => g.mul(y.greater(0).cast(g.dtype)));
export const tanhGradOp = gradient('tanhGrad', (g, y) => g.sub(g.mul(y.square())));
export const sigmoidGradOp = gradient('sigmoidGrad', (g, y) => g.mul(y.sub(y.square())));
export const geluGradOp = gradient<Gelu>(
  'geluGrad',
  (g, x, { tanh }) => g.mul(tanh ? tanhGeluSlope(x) : erfGeluSlope(x)),
  ({ tanh }) => [Number(tanh)],
);

// d relu = g where y > 0
export const reluOp = unary('relu', checkNumeric, (g, _x, y) => apply(reluGradOp, [g, y], undefined));
// d tanh = g·(1 − y²)
export const tanhOp = unary('tanh', checkFloat, (g, _x, y) => apply(tanhGradOp, [g, y], undefined));
// d sigmoid = g·y·(1 − y)
export const sigmoidOp = unary('sigmoid', checkFloat, (g, _x, y) => apply(sigmoidGradOp, [g, y], undefined));
// d silu = g·(s + x·s·(1 − s)) with s = sigmoid x
export const siluOp = unary('silu', checkFloat, (g, x) => {
  const s = x.sigmoid();
  return g.mul(s.add(x.mul(s.sub(s.square()))));
});
// d ln(1 + eˣ) = g·sigmoid x
export const softplusOp = unary('softplus', checkFloat, (g, x) => g.mul(x.sigmoid()));

interface Alpha {
  alpha: number;
}

// d leakyRelu = g where x > 0, α·g elsewhere
export const leakyReluOp = unary<Alpha>(
  'leakyRelu',
  checkFloat,
  (g, x, _y, { alpha }) =>
    g.mul(
      x
        .greater(0)
        .cast(g.dtype)
        .mul(1 - alpha)
        .add(alpha),
    ),
  ({ alpha }) => [alpha],
);
// d elu = g where x > 0, g·α·eˣ elsewhere
export const eluOp = unary<Alpha>(
  'elu',
  checkFloat,
  (g, x, _y, { alpha }) => {
    const positive = x.greater(0).cast(g.dtype);
    return g.mul(positive.add(positive.neg().add(1).mul(x.minimum(0).exp()).mul(alpha)));
  },
  ({ alpha }) => [alpha],
);

interface Gelu {
  tanh: boolean;
}

// d gelu = g·(Φ(x) + x·φ(x)), or the derivative of the tanh form
export const geluOp = unary<Gelu>(
  'gelu',
  checkFloat,
  (g, x, _y, a) => apply(geluGradOp, [g, x], a),
  ({ tanh }) => [Number(tanh)],
);

/** max(x, 0); NaN stays NaN. The gradient at 0 is 0. */
export const relu = simple(reluOp);
/** Hyperbolic tangent. */
export const tanh = simple(tanhOp);
/** The logistic function 1 / (1 + e⁻ˣ). */
export const sigmoid = simple(sigmoidOp);
/** x·sigmoid(x), also called swish (Ramachandran et al. 2017, section 4). */
export const silu = simple(siluOp);
/** ln(1 + eˣ), without overflow. */
export const softplus = simple(softplusOp);

/** x where positive, alpha·x elsewhere (Maas et al. 2013). @param alpha default 0.01 */
export function leakyRelu<D extends DType>(x: Tensor<D>, alpha = 0.01): Tensor<D> {
  checkNumber('leakyRelu', 'alpha', alpha);
  return apply(leakyReluOp, [x], { alpha });
}

/** x where positive, alpha·(eˣ − 1) elsewhere (Clevert et al. 2015, equation 15). @param alpha default 1 */
export function elu<D extends DType>(x: Tensor<D>, alpha = 1): Tensor<D> {
  checkNumber('elu', 'alpha', alpha);
  return apply(eluOp, [x], { alpha });
}

/**
 * x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016, section 2).
 * @param approximate 'none' (default) uses erf; 'tanh' the paper's approximation.
 */
export function gelu<D extends DType>(x: Tensor<D>, { approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}): Tensor<D> {
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new HebbError('argument', `gelu: expected approximate to be 'none' or 'tanh', received ${String(approximate)}.`);
  }
  return apply(geluOp, [x], { tanh: approximate === 'tanh' });
}

function erfGeluSlope(x: Tensor): Tensor {
  const cumulative = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
  const density = x
    .square()
    .mul(-0.5)
    .exp()
    .mul(1 / Math.sqrt(2 * Math.PI));
  return cumulative.add(x.mul(density));
}

function tanhGeluSlope(x: Tensor): Tensor {
  const scale = Math.sqrt(2 / Math.PI);
  const t = x.add(x.square().mul(x).mul(0.044715)).mul(scale).tanh();
  const inner = x
    .square()
    .mul(3 * 0.044715)
    .add(1)
    .mul(scale);
  return t
    .add(1)
    .mul(0.5)
    .add(x.mul(0.5).mul(t.square().neg().add(1)).mul(inner));
}
