import { checkFloat, checkInteger, checkNumber, checkSameDType, show } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { broadcastShapes, sameShape, showShape } from '../core/shape.js';
import { dropout as drop } from '../random/dropout.js';
import type { Generator } from '../random/generator.js';
import type { Tensor } from '../tensor.js';
import { causalMask } from './causalMask.js';
import { matmul } from './matmul.js';
import { softmax } from './softmax.js';
import { where } from './where.js';

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
  /** Probability with which a weight is zeroed, for training; default 0. */
  dropout?: number;
  /** Where dropout's random numbers come from; default: the default generator. */
  generator?: Generator;
}

/** Takes a weight to exactly 0, and stays finite, so that a row of nothing else has a softmax. */
function hidden(dtype: DType): number {
  return dtype === 'float16' ? -6e4 : -1e30;
}

/**
 * softmax(scale·q·kᵀ + mask)·v (Vaswani et al. 2017, section 3.2.1): q [batch…, T, D], k [batch…, S, D] and v [batch…, S, E] make
 * [batch…, T, E]. Batch axes broadcast. A query that may see no key gets zeros.
 *
 * @throws HebbError `shape` for operands or a mask that do not fit, `dtype` unless q, k, v and a float mask are all float32 or all
 * float64, `range` for a scale that is no finite number or a dropout outside [0, 1).
 */
export function scaledDotProductAttention<D extends DType>(
  q: Tensor<D>,
  k: Tensor<D>,
  v: Tensor<D>,
  options: AttentionOptions<D> = {},
): Tensor<D> {
  checkOperands(q, k, v);
  const { causal = false, mask, scale = 1 / Math.sqrt(Math.max(1, q.shape[q.rank - 1])), dropout = 0, generator } = options;
  checkNumber('scaledDotProductAttention', 'the scale', scale, -Number.MAX_VALUE, Number.MAX_VALUE);
  // The queries are fewer numbers than the scores.
  const products = matmul(q.mul(scale), k, { transposeB: true });
  const scores = causal ? products.add(causalMask(q.dtype, products)) : products;
  return matmul(drop(mask ? maskedSoftmax(scores, mask) : softmax(scores), dropout, generator), v);
}

function maskedSoftmax<D extends DType>(scores: Tensor<D>, mask: Tensor<'bool'> | Tensor<D>): Tensor<D> {
  checkMask(scores, mask);
  const isBool = mask.dtype === 'bool';
  const allowed = isBool ? (mask as Tensor<'bool'>) : mask.greater(-Infinity);
  const sums = isBool ? scores : scores.add(mask as Tensor<D>);
  return where(allowed, softmax(where(allowed, sums, hidden(scores.dtype))), 0);
}

function checkOperands(q: Tensor, k: Tensor, v: Tensor): void {
  const op = 'scaledDotProductAttention';
  for (const x of [q, k, v]) {
    checkFloat(op, x);
    checkSameDType(op, q, x);
    if (x.rank < 2) throw new HebbError('shape', `${op}: expected q, k and v [batch…, T, D], received ${show(x)}.`);
  }
  if (q.shape[q.rank - 1] !== k.shape[k.rank - 1])
    throw new HebbError('shape', `${op}: expected queries and keys of one length, received ${show(q)} and ${show(k)}.`);
  checkInteger(op, 'the number of keys', k.shape[k.rank - 2], 1);
  if (k.shape[k.rank - 2] !== v.shape[v.rank - 2])
    throw new HebbError('shape', `${op}: expected as many values as keys, received ${show(k)} and ${show(v)}.`);
}

function checkMask(scores: Tensor, mask: Tensor): void {
  if (mask.dtype !== 'bool') checkSameDType('scaledDotProductAttention', scores, mask);
  const shape = broadcastShapes(mask.shape, scores.shape);
  if (shape && sameShape(shape, scores.shape)) return;
  throw new HebbError(
    'shape',
    `scaledDotProductAttention: expected a mask that broadcasts to the scores ${showShape(scores.shape)}, received ${show(mask)}.`,
  );
}
