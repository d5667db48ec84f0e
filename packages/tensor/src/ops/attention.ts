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
import { stack } from './concat.js';
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
 * +Infinity where it sees no key, which the gradient needs. q, k and v are of one batch; the mask broadcasts. Or all three are one
 * operand [batch…, T, 3, heads, D], and the outputs [batch…, T, heads, D] and [batch…, heads, T].
 */
export const attentionOp: Op<Attention> = {
  name: 'attention',
  infer: (inputs) => {
    const mask = inputs[partsOf(inputs)];
    const { scores, result } = partsOf(inputs) === 1 ? shapesOfPacked(inputs[0]) : shapesOfMatrices(inputs);
    const [{ dtype }] = inputs;
    if (mask) checkMask('attention', dtype, scores, mask);
    return [
      { dtype, shape: result },
      { dtype: wideDType(dtype), shape: scores.slice(0, -1) },
    ];
  },
  view: (inputs, outputs, attributes) => seen(inputs, partsOf(inputs), outputs[1], attributes),
  vjp: ({ inputs, outputs: [y, logSumExp], cotangents: [dy, dLogSumExp], attributes, needs }) => {
    if (!dy && !dLogSumExp) return [];
    const g = dy ?? zerosLike(y);
    const parts = partsOf(inputs);
    if (dLogSumExp || needs[parts]) return gradients(g, inputs, attributes, dLogSumExp);
    return applyAll(attentionGradOp, [g, ...inputs.slice(0, parts), y, logSumExp, ...inputs.slice(parts)], attributes);
  },
};

/** Outputs: the gradients of q, k and v, from (dy, q, k, v, y, logSumExp) and, where there was one, the mask; or that of all three. */
export const attentionGradOp: Op<Attention> = {
  name: 'attentionGrad',
  infer: (inputs) => inputs.slice(1, 1 + partsOfGrad(inputs)),
  view: (inputs, _outputs, attributes) => {
    const parts = partsOfGrad(inputs);
    return seen(inputs, parts + 3, inputs[parts + 2], attributes);
  },
  decompose: ([g, ...inputs], attributes) => {
    const parts = partsOfGrad([g, ...inputs]);
    return gradients(g, [...inputs.slice(0, parts), ...inputs.slice(parts + 2)], attributes).slice(0, parts);
  },
};

/** How many operands hold queries, keys and values, before a mask that may follow. */
const partsOf = ({ length }: readonly unknown[]): 1 | 3 => (length <= 2 ? 1 : 3);
const partsOfGrad = ({ length }: readonly unknown[]): 1 | 3 => (length <= 5 ? 1 : 3);

function shapesOfMatrices([q, k, v]: readonly Spec[]): { scores: Shape; result: Shape } {
  checkMatrices('attention', q, k, v);
  const batch = q.shape.slice(0, -2);
  const [keys, values] = [k.shape[k.shape.length - 2], v.shape[v.shape.length - 1]];
  checkSame('attention', 'the keys', k, [...batch, keys, q.shape[q.shape.length - 1]]);
  checkSame('attention', 'the values', v, [...batch, keys, values]);
  const rows = q.shape.slice(0, -1);
  return { scores: [...rows, keys], result: [...rows, values] };
}

function shapesOfPacked(qkv: Spec): { scores: Shape; result: Shape } {
  checkPacked('attention', qkv);
  const [steps, , heads, width] = qkv.shape.slice(-4);
  const batch = qkv.shape.slice(0, -4);
  return { scores: [...batch, heads, steps, steps], result: [...batch, steps, heads, width] };
}

/** A mask, the operand at `index`, has as many axes as the scores: one more than their log-sum-exp. */
function seen(inputs: readonly Spec[], index: number, logSumExp: Spec, { scale, causal }: Attention) {
  const shapes = inputs.map(({ shape }) => shape);
  const rank = logSumExp.shape.length + 1;
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
function gradients(g: Tensor, inputs: readonly Tensor[], attributes: Attention, ofLogSumExp?: Tensor): Tensor[] {
  if (partsOf(inputs) === 1) {
    const [dq, dk, dv, ...dMask] = gradients(swapHeads(g), [...unpack(inputs[0]), ...inputs.slice(1)], attributes, ofLogSumExp);
    return [pack([dq, dk, dv]), ...dMask];
  }
  const [q, k, v, mask] = inputs;
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

/** [batch…, T, 3, heads, D] as queries, keys and values [batch…, heads, T, D]. */
function unpack(qkv: Tensor): readonly Tensor[] {
  const batch = qkv.shape.slice(0, -4).map((_, axis) => axis);
  const at = batch.length; // axis of T
  const parts = qkv.transpose([at + 1, ...batch, at + 2, at, at + 3]).split(3);
  return parts.map((part) => part.squeeze(0));
}

function pack(parts: readonly Tensor[]): Tensor {
  return stack(parts.map(swapHeads), parts[0].rank - 2);
}

/** [batch…, T, heads, D] as [batch…, heads, T, D], or back. */
function swapHeads(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return x.transpose([...axes.slice(0, -3), x.rank - 2, x.rank - 3, x.rank - 1]);
}

export interface AttentionOptions<D extends DType> {
  /** Query i sees keys 0 to i only; default false. */
  causal?: boolean;
  /**
   * Broadcasts to the scores [batch…, T, S]. A bool mask holds where a query may see a key; a float one is added to the scores, with −Infinity
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
  const { causal = false, mask, scale = defaultScale(q), dropout = 0, generator } = options;
  checkNumber(NAME, 'the scale', scale, -Number.MAX_VALUE, Number.MAX_VALUE);
  const operands = inOneBatch([q, k, v]);
  if (mask) checkMask(NAME, q.dtype, [...operands[0].shape.slice(0, -1), k.shape[k.rank - 2]], mask);
  if (dropout === 0) return applyAll(attentionOp, mask ? [...operands, mask] : operands, { scale, causal })[0] as Tensor<D>;
  const weights = weightsOf(operands[0], operands[1], mask, { scale, causal });
  return matmul(drop(weights, dropout, generator), operands[2]) as Tensor<D>;
}

const NAME = 'scaledDotProductAttention';

/**
 * Attention of a sequence to itself, with queries, keys and values in one tensor, as one product makes them: qkv
 * [batch…, T, 3, heads, D] makes [batch…, T, heads, D]. The values are `scaledDotProductAttention`'s of [batch…, heads, T, D], but
 * nothing is moved to bring the heads to the front. A mask broadcasts to [batch…, heads, T, T].
 *
 * @throws HebbError `shape` for a qkv or a mask that does not fit, `dtype` unless qkv and a float mask are of one floating-point
 * dtype, `range` for a scale that is no finite number, a dropout outside [0, 1), or T = 0.
 */
export function selfAttention<D extends DType>(qkv: Tensor<D>, options: AttentionOptions<D> = {}): Tensor<D> {
  const name = 'selfAttention';
  checkPacked(name, qkv);
  const { causal = false, mask, scale = defaultScale(qkv), dropout = 0 } = options;
  checkNumber(name, 'the scale', scale, -Number.MAX_VALUE, Number.MAX_VALUE);
  if (mask) checkMask(name, qkv.dtype, shapesOfPacked(qkv).scores, mask);
  if (dropout === 0) return applyAll(attentionOp, mask ? [qkv, mask] : [qkv], { scale, causal })[0] as Tensor<D>;
  const [q, k, v] = unpack(qkv) as readonly Tensor<D>[];
  return swapHeads(scaledDotProductAttention(q, k, v, options)) as Tensor<D>;
}

/** 1 / √D */
function defaultScale({ shape }: Tensor): number {
  return 1 / Math.sqrt(Math.max(1, shape[shape.length - 1]));
}

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

function checkPacked(op: string, qkv: Spec): void {
  checkFloat(op, qkv);
  const { shape } = qkv;
  if (shape.length < 4 || shape[shape.length - 3] !== 3)
    throw new HebbError(
      'shape',
      `${op}: expected queries, keys and values in one tensor [batch…, T, 3, heads, D], received ${show(qkv)}.`,
    );
  checkInteger(op, 'the number of steps', shape[shape.length - 4], 1);
}

function checkMask(op: string, dtype: DType, scores: Shape, mask: Spec): void {
  if (mask.dtype !== 'bool') checkSameDType(op, { dtype, shape: scores }, mask);
  const shape = broadcastShapes(mask.shape, scores);
  if (shape && sameShape(shape, scores)) return;
  throw new HebbError(
    'shape',
    `${op}: expected a mask that broadcasts to the scores ${showShape(scores)}, received ${show(mask)}.`,
  );
}
