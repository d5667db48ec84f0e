import { checkFloat, checkRank, checkSame, checkSameDType, show } from '../core/check.js';
import { type DType, isHalf } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, applyAll, type Op } from '../core/op.js';
import type { Tensor } from '../tensor.js';
import { concat, stack } from './concat.js';
import { zeros, zerosLike } from './full.js';
import { matmul, matmulOp, type Product } from './matmul.js';

export interface LstmState<D extends DType> {
  h: Tensor<D>;
  c: Tensor<D>;
}

/** Outputs: h and c of every step [N, T, H], and the activated gates [N, T, 4H], which the gradient needs. */
export const lstmOp: Op = {
  name: 'lstm',
  infer: ([projected, kernel, h0, c0]) => {
    checkFloat('lstm', projected);
    for (const x of [kernel, h0, c0]) checkSameDType('lstm', projected, x);
    const [n, steps, columns] = projected.shape;
    const units = columns / 4;
    if (!Number.isInteger(units))
      throw new HebbError('shape', `lstm: expected a projected input [N, T, 4·units], received ${show(projected)}.`);
    checkSame('lstm', 'the recurrent kernel', kernel, [units, columns]);
    checkSame('lstm', 'the first h', h0, [n, units]);
    checkSame('lstm', 'the first c', c0, [n, units]);
    const sequence = { dtype: projected.dtype, shape: [n, steps, units] };
    return [sequence, sequence, projected];
  },
  inPlace: [[2, 0]],
  vjp: ({ inputs: [, kernel, h0, c0], outputs: [h, c, gates], cotangents: [dh, dc, dgates], needs }) => {
    if (!dh && !dc && !dgates) return [];
    const none = () => zerosLike(h);
    const more = dc || dgates ? [dc ?? none(), dgates ?? zerosLike(gates)] : [];
    const [dprojected, dh0, dc0] = applyAll(lstmGradOp, [dh ?? none(), kernel, gates, c, c0, ...more], undefined);
    return [dprojected, needs[1] ? kernelGradient(h, h0, dprojected) : undefined, dh0, dc0];
  },
};

/**
 * Outputs: the gradients of projected, h0 and c0, from (dh, kernel, gates, c, c0) and, where the loss depends on them otherwise than
 * through h, (dc, dgates).
 */
export const lstmGradOp: Op = {
  name: 'lstmGrad',
  infer: ([, , gates, , c0]) => [gates, c0, c0],
  inPlace: [[0, 2]],
  // From the last step to the first, with s the gradient of hₜ and k that of cₜ:
  // k += s·o·(1 − tanh² c), dz = [k·g·i(1 − i), k·cₜ₋₁·f(1 − f), k·i·(1 − g²), s·tanh c·o(1 − o)], hₜ₋₁ gets dz·Uᵀ and cₜ₋₁ k·f
  decompose: ([dh, kernel, gates, c, c0, dc, dgates]) => {
    const dz: Tensor[] = [];
    let [toH, toC] = [zerosLike(c0), zerosLike(c0)];
    for (let t = gates.shape[1] - 1; t >= 0; t--) {
      const [i, f, g, o] = step(gates, t).split(4, 1);
      const squashed = step(c, t).tanh();
      const slope = toH.add(step(dh, t));
      let inner = toC.add(slope.mul(o).mul(squashed.square().neg().add(1)));
      if (dc) inner = inner.add(step(dc, t));
      let activated = concat([inner.mul(g), inner.mul(t === 0 ? c0 : step(c, t - 1)), inner.mul(i), slope.mul(squashed)], 1);
      if (dgates) activated = activated.add(step(dgates, t));
      dz[t] = activated.mul(concat([sigmoidSlope(i), sigmoidSlope(f), g.square().neg().add(1), sigmoidSlope(o)], 1));
      [toH, toC] = [matmul(dz[t], kernel, { transposeB: true }), inner.mul(f)];
    }
    return [dz.length > 0 ? stack(dz, 1) : zerosLike(gates), toH, toC];
  },
};

/** Of the value y = σ(x). */
function sigmoidSlope(y: Tensor): Tensor {
  return y.mul(y.neg().add(1));
}

/** [N, T, K] → [N, K] at step t. */
function step(x: Tensor, t: number): Tensor {
  const [n, , k] = x.shape;
  return x.slice([0, t, 0], [n, 1, k]).reshape([n, k]);
}

/** All steps in one product: h of the step before, transposed, times dz. */
function kernelGradient(h: Tensor, h0: Tensor, dz: Tensor): Tensor {
  const [n, steps, units] = h.shape;
  const before = concat([h0.expandDims(1), h], 1).slice([0, 0, 0], [n, steps, units]);
  const [rows, gradients] = [before.reshape([n * steps, units]), dz.reshape([n * steps, 4 * units])];
  return apply<Product, DType>(matmulOp, [rows, gradients], { transposeA: true, transposeB: false, wide: isHalf(dz.dtype) });
}

/**
 * Long short-term memory over all steps (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000, section 3):
 *
 * [i, f, g, o] = projectedₜ + hₜ₋₁·kernel, cₜ = σ(f) ⊙ cₜ₋₁ + σ(i) ⊙ tanh(g), hₜ = σ(o) ⊙ tanh(cₜ)
 *
 * @param projected [N, T, 4·units], the input times its kernel, plus the bias; float32 or float64
 * @param kernel [units, 4·units]
 * @param state h and c before the first step, [N, units] each; default zeros
 * @returns h and c after every step, [N, T, units] each
 * @throws HebbError `shape` or `dtype` for operands that do not fit each other.
 */
export function lstm<D extends DType>(projected: Tensor<D>, kernel: Tensor<D>, state?: LstmState<D>): LstmState<D> {
  checkRank('lstm', 'the projected input', projected, 3, '[N, T, 4·units]');
  checkRank('lstm', 'the recurrent kernel', kernel, 2, '[units, 4·units]');
  const start = state ? undefined : zeros([projected.shape[0], kernel.shape[0]], projected);
  const inputs = [projected, kernel, state?.h ?? start, state?.c ?? start] as Tensor[];
  const [h, c] = applyAll(lstmOp, inputs, undefined) as Tensor<D>[];
  return { h, c };
}
