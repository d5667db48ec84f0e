import { checkFloat, checkInteger, checkNumber, checkSame, checkSameDType, show } from '../core/check.js';
import { type DType, wideDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { applyAll, type Op, type Spec } from '../core/op.js';
import { broadcastShapes, type Shape, sameShape, showShape } from '../core/shape.js';
import { sumTo } from '../core/sum-to.js';
import { dropout as drop } from '../random/dropout.js';
import type { Generator } from '../random/generator.js';
import type { Tensor } from '../tensor.js';
import { broadcastTo } from './broadcastTo.js';
import { causalMask } from './causalMask.js';
import { zerosLike } from './full.js';
import { matmul } from './matmul.js';
import { softmax } from './softmax.js';
import { where } from './where.js';

interface Attention {
  scale: number;
  causal: boolean;
}

/**
 * Outputs: softmax(scale·q·kᵀ + mask)·v [batch…, T, E], and for each query the logarithm of the sum of its exponentials [batch…, T],
 * +Infinity where it sees no key, which the gradient needs. q, k and v are of one batch; the mask broadcasts.
 */
export const attentionOp: Op<Attention> = {
  name: 'attention',
  infer: ([q, k, v, mask]) => {
    checkMatrices('attention', q, k, v);
    const batch = q.shape.slice(0, -2);
    checkSame('attention', 'the keys', k, [...batch, k.shape[k.shape.length - 2], q.shape[q.shape.length - 1]]);
    checkSame('attention', 'the values', v, [...batch, k.shape[k.shape.length - 2], v.shape[v.shape.length - 1]]);
    if (mask) checkMask('attention', q, k, mask);
    const rows = q.shape.slice(0, -1);
    return [
      { dtype: q.dtype, shape: [...rows, v.shape[v.shape.length - 1]] },
      { dtype: wideDType(q.dtype), shape: rows },
    ];
  },
  view: (inputs, _outputs, attributes) => seen(inputs, 3, attributes),
  vjp: ({ inputs, outputs: [y, logSumExp], cotangents: [dy, dLogSumExp], attributes, needs }) => {
    const [q, k, v, ...mask] = inputs;
    if (!dy && !dLogSumExp) return [];
    const g = dy ?? zerosLike(y);
    if (dLogSumExp || needs[3]) return gradients(g, inputs, attributes, dLogSumExp);
    return applyAll(attentionGradOp, [g, q, k, v, y, logSumExp, ...mask], attributes);
  },
};

/** Outputs: the gradients of q, k and v, from (dy, q, k, v, y, logSumExp) and, where there was one, the mask. */
export const attentionGradOp: Op<Attention> = {
  name: 'attentionGrad',
  infer: ([, q, k, v]) => [q, k, v],
  view: (inputs, _outputs, attributes) => seen(inputs, 6, attributes),
  decompose: ([g, q, k, v, , , mask], attributes) => gradients(g, mask ? [q, k, v, mask] : [q, k, v], attributes).slice(0, 3),
};

/** A mask, the operand at `index`, has as many axes as the queries before it. */
function seen(inputs: readonly Spec[], index: number, { scale, causal }: Attention) {
  const shapes = inputs.map(({ shape }) => shape);
  const rank = shapes[1].length;
  const masks = shapes.slice(index).map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
  return { inputs: [...shapes.slice(0, index), ...masks], attributes: [scale, Number(causal)] };
}

/** The weights of the values [batch…, T, S]. */
function weightsOf(q: Tensor, k: Tensor, mask: Tensor | undefined, { scale, causal }: Attention): Tensor {
  // The queries are fewer numbers than the scores.
  const products = matmul(q.mul(scale), k, { transposeB: true });
  const scores = causal ? products.add(causalMask(q.dtype, products)) : products;
  return mask ? maskedSoftmax(scores, mask) : softmax(scores);
}

/**
 * The gradients of q, k, v and a mask by differentiable ops, from that of y and of the log-sum-exp. With w the weights, w′ = g·vᵀ and
 * s = w ⊙ (w′ − Σ w ⊙ w′ + g of the log-sum-exp): dq = scale·s·k, dk = scale·sᵀ·q, dv = wᵀ·g, and the mask's is s.
 */
function gradients(g: Tensor, [q, k, v, mask]: readonly Tensor[], attributes: Attention, ofLogSumExp?: Tensor): Tensor[] {
  const w = weightsOf(q, k, mask, attributes);
  const slopes = matmul(g, v, { transposeB: true });
  const mean = w.mul(slopes).sum(-1, { keepDims: true });
  const s = w.mul(slopes.sub(ofLogSumExp ? mean.sub(ofLogSumExp.cast(mean.dtype).expandDims(-1)) : mean));
  const scaled = s.mul(attributes.scale);
  return [
    matmul(scaled, k),
    matmul(scaled, q, { transposeA: true }),
    matmul(w, g, { transposeA: true }),
    ...(mask && mask.dtype !== 'bool' ? [sumTo(s, mask.shape)] : []),
  ];
}

export interface AttentionOptions<D extends DType> {
  /** Query i sees keys 0 to i only; default false. */
  causal?: boolean;
  /**
   * Broadcasts to [batch…, T, S]. A bool mask holds where a query may see a key; a float one is added to the scores, with −Infinity
   * for keys that are not seen.
   */
  mask?: Tensor<'bool'> | Tensor<D>;
  /** Factor of the scores; default 1 / √D. */
  scale?: number;
  /** Probability with which a weight is zeroed, for training; default 0. Weights are kept in memory where it is not 0. */
  dropout?: number;
  /** Where dropout's random numbers come from; default: the default generator. */
  generator?: Generator;
}

/**
 * softmax(scale·q·kᵀ + mask)·v (Vaswani et al. 2017, section 3.2.1): q [batch…, T, D], k [batch…, S, D] and v [batch…, S, E] make
 * [batch…, T, E]. Batch axes broadcast. A query that may see no key gets zeros.
 *
 * The T × S weights are never in memory as a whole: they are made block by block (Milakov & Gimelshein 2018; Dao 2023, section 3),
 * and again for the gradient. Dropout, the gradient of a float mask and gradients of gradients do keep them.
 *
 * @throws HebbError `shape` for operands or a mask that do not fit, `dtype` unless q, k, v and a float mask are of one floating-point
 * dtype, `range` for a scale that is no finite number or a dropout outside [0, 1).
 */
export function scaledDotProductAttention<D extends DType>(
  q: Tensor<D>,
  k: Tensor<D>,
  v: Tensor<D>,
  options: AttentionOptions<D> = {},
): Tensor<D> {
  checkMatrices(NAME, q, k, v);
  const { causal = false, mask, scale = 1 / Math.sqrt(Math.max(1, q.shape[q.rank - 1])), dropout = 0, generator } = options;
  checkNumber(NAME, 'the scale', scale, -Number.MAX_VALUE, Number.MAX_VALUE);
  const operands = inOneBatch([q, k, v]);
  if (mask) checkMask(NAME, operands[0], operands[1], mask);
  if (dropout === 0) return applyAll(attentionOp, mask ? [...operands, mask] : operands, { scale, causal })[0] as Tensor<D>;
  const weights = weightsOf(operands[0], operands[1], mask, { scale, causal });
  return matmul(drop(weights, dropout, generator), operands[2]) as Tensor<D>;
}

const NAME = 'scaledDotProductAttention';

/** Takes a weight to exactly 0, and stays finite, so that a row of nothing else has a softmax. */
function hidden(dtype: DType): number {
  return dtype === 'float16' ? -6e4 : -1e30;
}

function maskedSoftmax(scores: Tensor, mask: Tensor): Tensor {
  const isBool = mask.dtype === 'bool';
  const allowed = isBool ? (mask as Tensor<'bool'>) : mask.notEqual(-Infinity);
  const sums = isBool ? scores : scores.add(mask);
  return where(allowed, softmax(where(allowed, sums, hidden(scores.dtype))), 0);
}

function inOneBatch(operands: readonly Tensor[]): readonly Tensor[] {
  const batch = operands.reduce<Shape | undefined>((all, { shape }) => all && broadcastShapes(all, shape.slice(0, -2)), []);
  if (batch) return operands.map((x) => broadcastTo(x, [...batch, ...x.shape.slice(-2)]));
  throw new HebbError('shape', `${NAME}: the batch axes of ${operands.map(show).join(', ')} do not broadcast.`);
}

function checkMatrices(op: string, q: Spec, k: Spec, v: Spec): void {
  for (const x of [q, k, v]) {
    checkFloat(op, x);
    checkSameDType(op, q, x);
    if (x.shape.length < 2) throw new HebbError('shape', `${op}: expected q, k and v [batch…, T, D], received ${show(x)}.`);
  }
  const [width, keys] = [k.shape[k.shape.length - 1], k.shape[k.shape.length - 2]];
  if (q.shape[q.shape.length - 1] !== width)
    throw new HebbError('shape', `${op}: expected queries and keys of one length, received ${show(q)} and ${show(k)}.`);
  checkInteger(op, 'the number of keys', keys, 1);
  if (v.shape[v.shape.length - 2] !== keys)
    throw new HebbError('shape', `${op}: expected as many values as keys, received ${show(k)} and ${show(v)}.`);
}

function checkMask(op: string, q: Spec, k: Spec, mask: Spec): void {
  if (mask.dtype !== 'bool') checkSameDType(op, q, mask);
  const scores = [...q.shape.slice(0, -1), k.shape[k.shape.length - 2]];
  const shape = broadcastShapes(mask.shape, scores);
  if (shape && sameShape(shape, scores)) return;
  throw new HebbError(
    'shape',
    `${op}: expected a mask that broadcasts to the scores ${showShape(scores)}, received ${show(mask)}.`,
  );
}
