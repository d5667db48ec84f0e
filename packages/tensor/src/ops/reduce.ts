import { checkBool, checkFloat, checkInteger, checkNumeric, show } from '../core/check.js';
import { type DType, wideDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op, type Spec, type VjpContext } from '../core/op.js';
import { normalizeAxes, type Shape } from '../core/shape.js';
import type { Tensor } from '../tensor.js';

/** One axis, several, or all when left out; negative ones count from the back. */
export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Keep reduced axes, with dimension 1. Default false. */
  keepDims?: boolean;
}

/** Axes `first` to `last` are reduced and keep dimension 1. */
interface Span {
  first: number;
  last: number;
}

function reducedShape(shape: Shape, { first, last }: Span): number[] {
  return shape.map((dim, i) => (i >= first && i <= last ? 1 : dim));
}

/** A reduction over neighbouring axes: the kernel sees [outer, reduced, inner]. */
function reduction(name: string, check: (name: string, x: Spec, span: Span) => void, rest: Partial<Op<Span>> = {}): Op<Span> {
  return {
    name,
    infer: ([x], span) => {
      check(name, x, span);
      return [{ dtype: x.dtype, shape: reducedShape(x.shape, span) }];
    },
    view: ([x], _outputs, span) => spanView(x.shape, span),
    ...rest,
  };
}

function spanView(shape: Shape, { first, last }: Span): { inputs: Shape[]; outputs: Shape[] } {
  let outer = 1;
  let reduced = 1;
  let inner = 1;
  for (let i = 0; i < shape.length; i++) {
    if (i < first) outer *= shape[i];
    else if (i <= last) reduced *= shape[i];
    else inner *= shape[i];
  }
  return { inputs: [[outer, reduced, inner]], outputs: [[outer, inner]] };
}

function count(shape: Shape, { first, last }: Span): number {
  let n = 1;
  for (let i = first; i <= last; i++) n *= shape[i];
  return n;
}

/** For reductions that have no result for nothing. */
function checkNotEmpty(name: string, x: Spec, span: Span): void {
  if (count(x.shape, span) === 0)
    throw new HebbError('shape', `${name}: expected at least one element to reduce, received ${show(x)}.`);
}

function checkExtreme(name: string, x: Spec, span: Span): void {
  checkNumeric(name, x);
  checkNotEmpty(name, x, span);
}

function checkMean(name: string, x: Spec, span: Span): void {
  checkFloat(name, x);
  checkNotEmpty(name, x, span);
}

// dmax = g where x is the maximum, shared evenly among equals
const extremeRule = ({ inputs: [x], outputs: [y], cotangents: [g], attributes: span }: VjpContext<Span>) => {
  if (!g) return [undefined];
  const mask = x.equal(y).cast(x.dtype);
  return [mask.mul(g.div(apply(sumOp, [mask], span)))];
};

// dΣx = g everywhere
export const sumOp = reduction('sum', checkNumeric, { vjp: ({ inputs: [x], cotangents: [g] }) => [g?.broadcastTo(x.shape)] });
// dmean = g / n everywhere
export const meanOp = reduction('mean', checkMean, {
  vjp: ({ inputs: [x], cotangents: [g], attributes: span }) => [g?.mul(1 / count(x.shape, span)).broadcastTo(x.shape)],
});
export const maxOp = reduction('max', checkExtreme, { vjp: extremeRule });
export const minOp = reduction('min', checkExtreme, { vjp: extremeRule });
export const prodOp = reduction('prod', checkNumeric, { decompose: ([x], span) => [pairwiseProduct(x, span)] });
export const allOp = reduction('all', checkBool);
export const anyOp = reduction('any', checkBool);

/** Σx over axes; an empty sum is 0. */
export const sum = reducer(sumOp);
/** The mean of floats over axes. @throws HebbError `shape` for nothing. */
export const mean = reducer(meanOp);
/** The largest value over axes; NaN wins. @throws HebbError `shape` for nothing. */
export const max = reducer(maxOp, true);
/** The smallest value over axes; NaN wins. @throws HebbError `shape` for nothing. */
export const min = reducer(minOp, true);
/** Πx over axes; an empty product is 1. */
export const prod = reducer(prodOp);
/** Whether all of a bool tensor hold. */
export const all: (x: Tensor<'bool'>, axes?: Axes, options?: ReduceOptions) => Tensor<'bool'> = reducer(allOp);
/** Whether any of a bool tensor holds. */
export const any: (x: Tensor<'bool'>, axes?: Axes, options?: ReduceOptions) => Tensor<'bool'> = reducer(anyOp);

/**
 * The variance over axes: Σ(x − mean)² / (n − correction).
 * @param options.correction default 0, the population variance; 1 is the unbiased estimate
 */
export function variance<D extends DType>(
  x: Tensor<D>,
  axes?: Axes,
  { keepDims = false, correction = 0 }: ReduceOptions & { correction?: number } = {},
): Tensor<D> {
  checkFloat('variance', x);
  checkInteger('variance', 'correction', correction, 0);
  const list = normalizeAxes(axes, x.rank, 'variance');
  const centred = x.sub(mean(x, list, { keepDims: true }));
  if (correction === 0) return mean(centred.square(), list, { keepDims });
  const n = list.reduce((product, axis) => product * x.shape[axis], 1);
  return sum(centred.square(), list, { keepDims }).div(n - correction);
}

interface LogSumExp {
  axes: readonly number[];
}

const logSumExpOp: Op<LogSumExp> = {
  name: 'logSumExp',
  infer: ([x], { axes }) => [{ dtype: x.dtype, shape: x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)) }],
  // ln Σeˣ = m + ln Σeˣ⁻ᵐ with m the maximum, or 0 where that is infinite
  compose: ([x], { axes }) => {
    const largest = max(x, axes, { keepDims: true });
    const shift = largest.isFinite().where(largest, 0);
    return [sum(x.sub(shift).exp(), axes, { keepDims: true }).log().add(shift)];
  },
  // d ln Σeˣ = g·eˣ⁻ʸ
  vjp: ({ inputs: [x], outputs: [y], cotangents: [g] }) => [g?.mul(x.sub(y).exp())],
};

/** ln Σeˣ over axes, without overflow. */
export function logSumExp<D extends DType>(x: Tensor<D>, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor<D> {
  checkFloat('logSumExp', x);
  const list = normalizeAxes(axes, x.rank, 'logSumExp');
  // The rule takes x − y, of which a result of 16 bits would leave nothing where both are large.
  const kept = apply<LogSumExp, DType>(logSumExpOp, [x.cast(wideDType(x.dtype))], { axes: list }).cast(x.dtype);
  return keepDims ? kept : kept.reshape(x.shape.filter((_, i) => !list.includes(i)));
}

/** Products of halves, level by level: differentiable to any order, zeros included. */
function pairwiseProduct(x: Tensor, span: Span): Tensor {
  const { inputs } = spanView(x.shape, span);
  let rows = x.reshape(inputs[0]);
  if (rows.shape[1] === 0) return apply(prodOp, [x], span);
  while (rows.shape[1] > 1) {
    const [outer, n, inner] = rows.shape;
    const half = n >> 1;
    const product = rows.slice([0, 0, 0], [outer, half, inner]).mul(rows.slice([0, half, 0], [outer, half, inner]));
    rows = n % 2 === 0 ? product : product.concat([rows.slice([0, n - 1, 0], [outer, 1, inner])], 1);
  }
  return rows.reshape(reducedShape(x.shape, span));
}

type Reducer = <D extends DType>(x: Tensor<D>, axes?: Axes, options?: ReduceOptions) => Tensor<D>;

/**
 * Reduces each run of neighbouring axes in turn, the last first; or, if `together`, all of them at once, as maxima must be for ties to
 * share the gradient evenly.
 */
function reducer(op: Op<Span>, together = false): Reducer {
  return <D extends DType>(x: Tensor<D>, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor<D> => {
    const list = normalizeAxes(axes, x.rank, op.name);
    // Over no axes there is nothing to add up, but the dtype rule holds all the same.
    if (list.length === 0) op.infer([x], { first: 0, last: -1 });
    let reduced = x;
    const runs = spans(list, x.shape);
    if (together && runs.length > 1) reduced = reduceMoved(op, x, list);
    else for (const span of runs) reduced = apply(op, [reduced], span);
    return keepDims || list.length === 0 ? reduced : reduced.reshape(x.shape.filter((_, i) => !list.includes(i)));
  };
}

/** Reduces axes that are moved to the end first. */
function reduceMoved<D extends DType>(op: Op<Span>, x: Tensor<D>, axes: readonly number[]): Tensor<D> {
  const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const moved = x.transpose([...others, ...axes]);
  const reduced = apply<Span, D>(op, [moved], { first: others.length, last: x.rank - 1 });
  return reduced.reshape(x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)));
}

function spans(axes: readonly number[], shape: Shape): Span[] {
  const found: Span[] = [];
  for (let i = axes.length - 1; i >= 0; i--) {
    const next = found[found.length - 1];
    if (next && onlyOnes(shape, axes[i] + 1, next.first)) next.first = axes[i];
    else found.push({ first: axes[i], last: axes[i] });
  }
  return found;
}

function onlyOnes(shape: Shape, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (shape[i] !== 1) return false;
  return true;
}
