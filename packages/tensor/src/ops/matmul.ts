import { checkFloat, checkSame, checkSameDType, show } from '../core/check.js';
import { type DType, isHalf, wideDType } from '../core/dtype.js';
import { checkNoEpilogue, type Epilogue, epilogueAttributes, hasBias } from '../core/epilogue.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op, type Spec } from '../core/op.js';
import { broadcastShapes, type Shape, sameShape, sizeOf } from '../core/shape.js';
import { sumTo } from '../core/sum-to.js';
import type { Tensor } from '../tensor.js';

interface Transposes {
  transposeA: boolean;
  transposeB: boolean;
}

export interface Product extends Transposes {
  /** Whether the product of bfloat16 or float16 matrices is float32. */
  wide?: boolean;
  /** Of compiled steps. */
  epilogue?: Epilogue;
}

export interface MatmulOptions<D extends DType> extends Partial<Transposes> {
  /** [n], added to every row. */
  bias?: Tensor<D>;
}

/** [batch…, m, k]·[k, n] or [batch…, m, k]·[batch…, k, n], with the last two axes swapped by flag. */
export const matmulOp: Op<Product> = {
  name: 'matmul',
  infer: ([a, b, bias], flags) => {
    const [m, k] = lastTwo(a.shape, flags.transposeA);
    const [k2, n] = lastTwo(b.shape, flags.transposeB);
    checkFloat('matmul', a);
    checkSameDType('matmul', a, b);
    if (k !== k2) throw innerMismatch(a, b, flags);
    if (bias && hasBias(flags.epilogue)) {
      checkSameDType('matmul', a, bias);
      checkSame('matmul', 'the bias', bias, [n]);
    }
    return [{ dtype: flags.wide ? wideDType(a.dtype) : a.dtype, shape: [...a.shape.slice(0, -2), m, n] }];
  },
  view: ([a, b, ...more], [y], { transposeA, transposeB, epilogue }) => {
    const fold = b.shape.length === 2 && !transposeA;
    const seen = ({ shape }: Spec): Shape => (shape.length === 1 ? shape : flatBatch(shape, fold));
    return {
      inputs: [flatBatch(a.shape, fold), flatBatch(b.shape, false), ...more.map(seen)],
      outputs: [flatBatch(y.shape, fold)],
      attributes: [Number(transposeA), Number(transposeB), ...epilogueAttributes(epilogue)],
    };
  },
  // C = A·B: dA = g·Bᵀ, dB = Aᵀ·g, and their transposes where a flag is set
  vjp: ({ inputs: [a, b, bias], cotangents: [cotangent], attributes: { transposeA, transposeB, epilogue }, needs }) => {
    if (!cotangent) return [];
    checkNoEpilogue('matmul', epilogue);
    const g = cotangent.cast(a.dtype);
    return [
      needs[0] ? gradientOfA(g, b, transposeA, transposeB) : undefined,
      needs[1] ? gradientOfB(g, a, b, transposeA, transposeB) : undefined,
      bias && needs[2] ? sumTo(g, bias.shape) : undefined,
    ];
  },
};

function gradientOfA(g: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return transposeA ? matmul(b, g, { transposeA: transposeB, transposeB: true }) : matmul(g, b, { transposeB: !transposeB });
}

function gradientOfB(g: Tensor, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  if (b.rank === 2 && a.rank > 2 && !transposeA) {
    // One product over all rows instead of a sum of products.
    return gradientOfB(g.reshape([-1, g.shape[g.rank - 1]]), a.reshape([-1, a.shape[a.rank - 1]]), b, transposeA, transposeB);
  }
  // Gradients of weights stay as they were summed up: an optimizer wants them in float32.
  if (b.rank === 2 && a.rank === 2 && isHalf(b.dtype)) {
    if (transposeB) return apply<Product, DType>(matmulOp, [g, a], { transposeA: true, transposeB: transposeA, wide: true });
    return apply<Product, DType>(matmulOp, [a, g], { transposeA: !transposeA, transposeB: false, wide: true });
  }
  const d = transposeB ? matmul(g, a, { transposeA: true, transposeB: transposeA }) : matmul(a, g, { transposeA: !transposeA });
  return sumTo(d, b.shape);
}

/**
 * Matrix product over the last two axes: [batch…, m, k]·[batch…, k, n] → [batch…, m, n]. Batch axes broadcast; a tensor of rank 1 is
 * a row on the left and a column on the right, and its axis drops out of the result.
 *
 * @param options.transposeA swaps the last two axes of a first; default false
 * @param options.transposeB swaps the last two axes of b first; default false
 * @param options.bias [n], added to every row
 * @throws HebbError `shape` when the inner dimensions differ, `dtype` unless both are of one floating-point dtype.
 */
export function matmul<D extends DType>(a: Tensor<D>, b: Tensor<D>, options: MatmulOptions<D> = {}): Tensor<D> {
  const { transposeA = false, transposeB = false, bias } = options;
  if (!(a?.rank > 0) || !(b?.rank > 0))
    throw new HebbError('shape', `matmul: expected matrices, received ${show(a)} and ${show(b)}; use mul for scalars.`);
  if (a.rank === 1) return withoutAxis(matmul(a.reshape([1, a.size]), b, { transposeB, bias }), b.rank === 1 ? -1 : -2);
  if (b.rank === 1) return withoutAxis(matmul(a, b.reshape([b.size, 1]), { transposeA, bias }), -1);
  const [left, right] = b.rank === 2 || sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)) ? [a, b] : broadcastBatches(a, b);
  return apply(matmulOp, bias ? [left, right, bias] : [left, right], { transposeA, transposeB });
}

function withoutAxis<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  const at = axis + x.rank;
  return x.reshape(x.shape.filter((_, i) => i !== at));
}

function broadcastBatches<D extends DType>(a: Tensor<D>, b: Tensor<D>): [Tensor<D>, Tensor<D>] {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!batch) throw new HebbError('shape', `matmul: the batch axes of ${show(a)} and ${show(b)} do not broadcast.`);
  return [a.broadcastTo([...batch, ...a.shape.slice(-2)]), b.broadcastTo([...batch, ...b.shape.slice(-2)])];
}

function lastTwo(shape: Shape, swapped: boolean): [number, number] {
  const [x, y] = [shape[shape.length - 2], shape[shape.length - 1]];
  return swapped ? [y, x] : [x, y];
}

/** [batch, rows, columns], or [1, batch·rows, columns] when one matrix on the right serves all. */
function flatBatch(shape: Shape, fold: boolean): Shape {
  const [rows, columns] = lastTwo(shape, false);
  const batch = sizeOf(shape.slice(0, -2));
  return fold ? [1, batch * rows, columns] : [batch, rows, columns];
}

function innerMismatch(a: Spec, b: Spec, { transposeA, transposeB }: Transposes): HebbError {
  const flags = `${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`;
  return new HebbError('shape', `matmul: expected a's columns to equal b's rows, received ${show(a)} and ${show(b)}${flags}.`);
}
