import {
  currentReader,
  type DType,
  HebbError,
  isFloat,
  ones,
  scope,
  show,
  Tensor,
  tensorsIn,
  Variable,
  withReader,
  zerosLike,
} from '@hebb/tensor';
import { Tape } from './tape.js';

/** What a gradient can be taken with respect to. */
export type Source = Tensor | Variable;

/** Gradients by what they are with respect to, each of its source's shape and dtype. */
export interface Gradients<S extends Source = Variable> extends ReadonlyMap<S, Tensor> {
  get<K extends S>(source: K): Tensor<DTypeOf<K>> | undefined;
}

type DTypeOf<S extends Source> = S extends Tensor<infer D> | Variable<infer D> ? D : DType;

export interface ValueAndGrad<V, S extends Source> {
  value: V;
  grads: Gradients<S>;
}

/**
 * Runs `fn`, and gives its value and the gradients of that value.
 *
 * Everything made inside is freed but what `fn` returns. To get more out than the loss, return a tuple whose first entry is the loss.
 *
 * @param fn returns a scalar loss of a float dtype, or [loss, …more]
 * @param wrt Variables and tensors to differentiate with respect to; default: every trainable Variable that `fn` reads. What the
 * loss does not depend on gets zeros.
 * @throws HebbError `shape` when the loss is no scalar, `dtype` when it or a source is no float.
 */
export function valueAndGrad<D extends Tensor>(fn: () => D): ValueAndGrad<D, Variable>;
export function valueAndGrad<D extends Tensor, S extends Source>(fn: () => D, wrt: readonly S[]): ValueAndGrad<D, S>;
export function valueAndGrad<V extends readonly [Tensor, ...unknown[]]>(fn: () => V): ValueAndGrad<V, Variable>;
export function valueAndGrad<V extends readonly [Tensor, ...unknown[]], S extends Source>(
  fn: () => V,
  wrt: readonly S[],
): ValueAndGrad<V, S>;
export function valueAndGrad<V extends Tensor | readonly [Tensor, ...unknown[]], S extends Source>(
  fn: () => V,
  wrt?: readonly S[],
): ValueAndGrad<V, S> {
  return scope(() => {
    const named = wrt && new Set<unknown>(wrt);
    const tape = new Tape(currentReader(), (cell) => (named ? named.has(cell) : cell.trainable));
    try {
      for (const source of wrt ?? []) watchSource(tape, source);
      const value = withReader(tape, fn);
      const loss = lossOf(value);
      const sources = wrt ?? (tape.followed() as Variable[] as S[]);
      const tensors = sources.map((source) => tensorOf(tape, source));
      const seed = ones(loss.shape, loss);
      const found = tape.gradients([loss], [seed], tensors, tensorsIn(value) as Tensor[]);
      const grads = new Map(sources.map((source, i) => [source, found[i] ?? zerosLike(tensors[i])]));
      return { value, grads: grads as Gradients<S> };
    } finally {
      tape.close();
    }
  });
}

/**
 * The gradient of a function of tensors, as a function: `grad(f)(x)` has x's shape. With several arguments it returns an array, one
 * gradient an argument. Gradients of gradients are `grad` of `grad`.
 *
 * @param fn returns a scalar of a float dtype
 */
export function grad<X extends Tensor>(fn: (x: X) => Tensor): (x: X) => X;
export function grad<X extends readonly Tensor[]>(fn: (...inputs: X) => Tensor): (...inputs: X) => { [K in keyof X]: X[K] };
export function grad(fn: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => Tensor | Tensor[] {
  return (...inputs) =>
    scope(() => {
      const { grads } = valueAndGrad(() => fn(...inputs), inputs);
      const found = inputs.map((input) => grads.get(input) as Tensor);
      return found.length === 1 ? found[0] : found;
    });
}

function watchSource(tape: Tape, source: Source): void {
  if (!(source instanceof Tensor) && !(source instanceof Variable)) {
    throw new HebbError(
      'argument',
      `valueAndGrad: expected Tensors and Variables to differentiate with respect to, received ${typeof source}.`,
    );
  }
  if (!isFloat(source.dtype))
    throw new HebbError('dtype', `valueAndGrad: gradients flow through floats, received a source of ${show(source)}.`);
  if (source instanceof Tensor) tape.watch(source);
}

/** A variable that was never read gets its present value, and so zeros for a gradient. */
function tensorOf(tape: Tape, source: Source): Tensor {
  return source instanceof Tensor ? source : (tape.firstRead(source) ?? source.value);
}

function lossOf(value: Tensor | readonly [Tensor, ...unknown[]]): Tensor {
  const loss = value instanceof Tensor ? value : Array.isArray(value) ? value[0] : undefined;
  if (!(loss instanceof Tensor)) {
    throw new HebbError(
      'argument',
      'valueAndGrad: expected the function to return a loss tensor, or an array that begins with one.',
    );
  }
  if (!isFloat(loss.dtype))
    throw new HebbError('dtype', `valueAndGrad: expected a loss of a float dtype, received ${show(loss)}.`);
  if (loss.size !== 1)
    throw new HebbError('shape', `valueAndGrad: expected a scalar loss, received ${show(loss)}; reduce it with mean() or sum().`);
  return loss;
}
