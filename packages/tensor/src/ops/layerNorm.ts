import { checkFloat, checkNumber, checkSame, checkWide, show } from '../core/check.js';
import { type DType, wideDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { applyAll, type Op } from '../core/op.js';
import { type Shape, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

interface LayerNorm {
  epsilon: number;
}

function rows(shape: Shape): [number, number] {
  return [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]];
}

/** Outputs: y like x; mean and 1/√(variance + ε) of every row, which the gradient needs. */
export const layerNormOp: Op<LayerNorm> = {
  name: 'layerNorm',
  infer: ([x, gamma, beta]) => {
    checkFloat('layerNorm', x);
    for (const [what, p] of [
      ['gamma', gamma],
      ['beta', beta],
    ] as const) {
      checkWide('layerNorm', what, x, p);
      checkSame('layerNorm', what, p, [x.shape[x.shape.length - 1]]);
    }
    const statistics = { dtype: wideDType(x.dtype), shape: x.shape.slice(0, -1) };
    return [x, statistics, statistics];
  },
  view: ([x, gamma, beta], _outputs, { epsilon }) => {
    const [m, d] = rows(x.shape);
    return { inputs: [[m, d], gamma.shape, beta.shape], outputs: [[m, d], [m], [m]], attributes: [epsilon] };
  },
  vjp: ({ inputs: [x, gamma], outputs: [, mean, rstd], cotangents: [g], attributes }) =>
    g ? applyAll(layerNormGradOp, [g, x, gamma, mean, rstd], attributes) : [],
};

/** Outputs: dx, dgamma, dbeta, from (g, x, gamma, mean, rstd). */
export const layerNormGradOp: Op<LayerNorm> = {
  name: 'layerNormGrad',
  infer: ([, x, gamma]) => [x, gamma, gamma],
  view: ([, x, gamma]) => {
    const [m, d] = rows(x.shape);
    return { inputs: [[m, d], [m, d], gamma.shape, [m], [m]], outputs: [[m, d], gamma.shape, gamma.shape] };
  },
  // x̂ = (x − mean)·r: dx = r·(γg − mean(γg) − x̂·mean(γg·x̂)), from statistics of x itself
  decompose: ([dy, input, gamma], { epsilon }) => {
    const [g, x] = [dy.cast(gamma.dtype), input.cast(gamma.dtype)];
    const keep = { keepDims: true };
    const centred = x.sub(x.mean(-1, keep));
    const r = centred.square().mean(-1, keep).add(epsilon).rsqrt();
    const normal = centred.mul(r);
    const scaled = g.mul(gamma);
    const dx = scaled
      .sub(scaled.mean(-1, keep))
      .sub(normal.mul(scaled.mul(normal).mean(-1, keep)))
      .mul(r);
    const axes = x.shape.slice(0, -1).map((_, i) => i);
    return [dx.cast(input.dtype), g.mul(normal).sum(axes), g.sum(axes)];
  },
};

/**
 * Layer normalisation (Ba et al. 2016, section 3): each row (last axis) of x [..., D] gets mean 0 and variance 1, then is scaled by
 * gamma [D] and shifted by beta [D].
 * Where x is bfloat16 or float16, gamma, beta and statistics are float32.
 * @param options.epsilon default 1e-5
 */
export function layerNorm<D extends DType>(
  x: Tensor<D>,
  gamma: Tensor<D> | Tensor<'float32'>,
  beta: Tensor<D> | Tensor<'float32'>,
  { epsilon = 1e-5 }: Partial<LayerNorm> = {},
): Tensor<D> {
  checkNumber('layerNorm', 'epsilon', epsilon, 0);
  if (x.rank < 1) throw new HebbError('shape', `layerNorm: expected [..., features], received ${show(x)}.`);
  return applyAll(layerNormOp, [x, gamma, beta], { epsilon })[0] as Tensor<D>;
}
