import { checkFloat, checkNumber, checkSame, checkWide, show } from '../core/check.js';
import { type DType, wideDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { applyAll, type Op } from '../core/op.js';
import { type Shape, sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

/** Adds to the variance before the root, against division by zero. */
interface Epsilon {
  epsilon: number;
}

interface Forward extends Epsilon {
  /** Of compiled steps: relu follows. */
  relu?: boolean;
}

function rows(shape: Shape): [number, number] {
  return [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]];
}

/** Outputs: y like x; mean and variance [C]. Compiled steps may add a fourth input to y, and let relu follow. */
export const batchNormOp: Op<Forward> = {
  name: 'batchNorm',
  infer: ([x, gamma, beta]) => {
    const channels = [x.shape[x.shape.length - 1]];
    checkFloat('batchNorm', x);
    for (const [what, p] of [
      ['gamma', gamma],
      ['beta', beta],
    ] as const) {
      checkWide('batchNorm', what, x, p);
      checkSame('batchNorm', what, p, channels);
    }
    if (x.shape.includes(0)) throw new HebbError('shape', `batchNorm: nothing has no statistics; received ${show(x)}.`);
    const statistics = { dtype: wideDType(x.dtype), shape: channels };
    return [x, statistics, statistics];
  },
  view: ([x, gamma, beta, ...residual], [, mean, variance], { epsilon, relu }) => ({
    inputs: [rows(x.shape), gamma.shape, beta.shape, ...residual.map(({ shape }) => rows(shape))],
    outputs: [rows(x.shape), mean.shape, variance.shape],
    attributes: relu ? [epsilon, 1] : [epsilon],
  }),
  // through y by the fused kernel; through the statistics dx += dmean/M + dvariance·2(x − mean)/M
  vjp: ({ inputs: [x, gamma], outputs: [, mean, variance], cotangents: [g, dMean, dVariance], attributes: { epsilon } }) => {
    const [dx, dGamma, dBeta] = g ? applyAll(batchNormGradOp, [g, x, gamma, mean, variance], { epsilon }) : [];
    if (!dMean && !dVariance) return [dx, dGamma, dBeta];
    const m = rows(x.shape)[0];
    let through = dMean ? dMean.mul(1 / m) : undefined;
    if (dVariance) {
      const term = x
        .cast(mean.dtype)
        .sub(mean)
        .mul(dVariance.mul(2 / m));
      through = through ? term.add(through) : term;
    }
    const spread = (through as Tensor).cast(x.dtype).broadcastTo(x.shape);
    return [dx ? dx.add(spread) : spread, dGamma, dBeta];
  },
};

/**
 * Outputs: dx, dgamma, dbeta, from (g, x, gamma, mean, variance). Compiled steps may add the output of the relu that followed; g is
 * then the gradient there.
 */
export const batchNormGradOp: Op<Epsilon> = {
  name: 'batchNormGrad',
  inPlace: [[0, 0]],
  infer: ([, x, gamma]) => [x, gamma, gamma],
  view: ([g, x, gamma, , , ...y], _outputs, { epsilon }) => ({
    inputs: [rows(g.shape), rows(x.shape), gamma.shape, gamma.shape, gamma.shape, ...y.map(({ shape }) => rows(shape))],
    outputs: [rows(x.shape), gamma.shape, gamma.shape],
    attributes: [epsilon],
  }),
  // x̂ = (x − mean)·r, r = (variance + ε)^(−½): dx = γ·r·(g − mean(g) − x̂·mean(g·x̂)), from statistics of x itself, so that their
  // dependence on x is differentiated too
  decompose: ([dy, images, gamma], { epsilon }) => {
    const [g, x] = [dy.cast(gamma.dtype), images.cast(gamma.dtype)];
    const axes = x.shape.slice(0, -1).map((_, i) => i);
    const centred = x.sub(x.mean(axes));
    const r = centred.square().mean(axes).add(epsilon).rsqrt();
    const normal = centred.mul(r);
    const along = g.mul(normal);
    const dx = g
      .sub(g.mean(axes))
      .sub(normal.mul(along.mean(axes)))
      .mul(gamma.mul(r));
    return [dx.cast(images.dtype), along.sum(axes), g.sum(axes)];
  },
};

export interface BatchNormResult<D extends DType> {
  /** The normalised tensor, of x's shape. */
  y: Tensor<D>;
  /** [C] */
  mean: Tensor<D>;
  /** [C], divided by the number of values. */
  variance: Tensor<D>;
}

/**
 * Batch normalisation in training mode (Ioffe & Szegedy 2015, algorithm 1): each channel (last axis) of x [..., C] gets mean 0 and
 * variance 1 over all other axes, then is scaled by gamma [C] and shifted by beta [C].
 * Where x is bfloat16 or float16, gamma, beta and statistics are float32.
 * @param options.epsilon default 1e-5
 */
export function batchNorm<D extends DType>(
  x: Tensor<D>,
  gamma: Tensor<D> | Tensor<'float32'>,
  beta: Tensor<D> | Tensor<'float32'>,
  { epsilon = 1e-5 }: Partial<Epsilon> = {},
): BatchNormResult<D> {
  checkNumber('batchNorm', 'epsilon', epsilon, 0);
  if (x.rank < 2) throw new HebbError('shape', `batchNorm: expected [..., channels] of rank 2 at least, received ${show(x)}.`);
  const [y, mean, variance] = applyAll(batchNormOp, [x, gamma, beta], { epsilon }) as Tensor<D>[];
  return { y, mean, variance };
}
