import { show } from './core/check.js';
import { BYTES, type DType } from './core/dtype.js';
import { HebbError } from './core/errors.js';
import { makeOwned } from './core/evaluator.js';
import { type Cell, currentReader } from './core/op.js';
import { backend } from './core/runtime.js';
import { type Shape, sameShape } from './core/shape.js';
import { TensorCore } from './core/tensor-core.js';
import type { Tensor } from './tensor.js';

export interface VariableOptions {
  /** Shown in summaries and used as the key in saved files. Default 'variable'. */
  name?: string;
  /** Whether `valueAndGrad` differentiates with respect to it by default. Default true. */
  trainable?: boolean;
}

/**
 * A mutable cell that holds a tensor: parameters, running statistics, optimizer slots, random-number counters. A Variable survives
 * scopes; its memory is freed when it is no longer referenced.
 */
export class Variable<D extends DType = DType> implements Cell {
  name: string;
  readonly trainable: boolean;
  private held: Tensor<D>;
  private changes = 0;
  private readonly token: unknown;

  /** @param initial the first value; the variable keeps its own hold on the memory. */
  constructor(initial: Tensor<D>, { name = 'variable', trainable = true }: VariableOptions = {}) {
    this.name = name;
    this.trainable = trainable;
    this.held = own(initial);
    this.token = backend().watch(this.held.handle, this.bytes);
  }

  get dtype(): D {
    return this.held.dtype;
  }

  get shape(): Shape {
    return this.held.shape;
  }

  /** Number of elements. */
  get size(): number {
    return this.held.size;
  }

  /** The present value, as a tensor of the current scope; it stays what it is when the variable is assigned. */
  get value(): Tensor<D> {
    return currentReader().read(this) as Tensor<D>;
  }

  /**
   * Puts another value in.
   * @throws HebbError `shape` or `dtype` when it is not like the present one.
   */
  assign(value: Tensor<D>): void {
    if (value?.dtype !== this.dtype || !sameShape(value.shape, this.shape)) {
      throw new HebbError(
        value?.dtype === this.dtype ? 'shape' : 'dtype',
        `assign: the variable "${this.name}" holds ${show(this.held)}, received ${show(value)}.`,
      );
    }
    currentReader().assign(this, value);
  }

  /** @internal Puts a value in without telling tapes or tracers. */
  store(value: Tensor<D>): void {
    const before = this.peek();
    this.touch();
    this.held = own(value);
    backend().rewatch(this.token, this.held.handle, this.bytes);
    before.dispose();
  }

  /** @internal The value without telling tapes or tracers. */
  peek(): Tensor<D> {
    if (this.held.handle === 0) throw new HebbError('disposed', `The variable "${this.name}" was disposed.`);
    return this.held;
  }

  /** @internal How often the value changed. */
  get version(): number {
    return this.changes;
  }

  /** @internal Counts a change that did not go through `store`. */
  touch(): void {
    this.changes++;
  }

  /** Frees the memory now. Never required. */
  dispose(): void {
    if (this.held.handle === 0) return;
    this.touch();
    backend().rewatch(this.token, 0, 0);
    this.held.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private get bytes(): number {
    return this.held.size * BYTES[this.held.dtype];
  }
}

/** The same memory, held outside of all scopes. */
function own<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  if (!(tensor instanceof TensorCore)) {
    throw new HebbError('argument', `Variable: expected a tensor, received ${show(tensor)}; use tensor(values).`);
  }
  const handle = tensor.liveHandle('Variable');
  backend().retain(handle);
  return makeOwned(tensor.dtype, tensor.shape, handle);
}
