import { show } from './core/check.js';
import { checkDevice, type Device } from './core/device.js';
import { BYTES, type DType } from './core/dtype.js';
import { HebbError } from './core/errors.js';
import { evaluator, makeOwned } from './core/evaluator.js';
import { type Cell, currentReader, withReader } from './core/op.js';
import { INSPECT, printValues } from './core/print.js';
import { backend } from './core/runtime.js';
import { scope } from './core/scope.js';
import { type Shape, sameShape } from './core/shape.js';
import { TensorCore } from './core/tensor-core.js';
import { to } from './ops/to.js';
import type { Tensor } from './tensor.js';

export interface VariableOptions {
  /** Shown in summaries and used as the key in saved files. Default 'variable'. */
  name?: string;
  /** Whether `valueAndGrad` differentiates with respect to it by default. Default true. */
  trainable?: boolean;
  /**
   * Whether it moves to the device of a compiled step that uses it, and to what `valueOn` asks for: for small state that computations on any
   * device share, such as learning rates and random counters. Default false.
   */
  follows?: boolean;
}

let moves = 0;

/** How often variables moved to another device, all together. */
export function variableMoves(): number {
  return moves;
}

/**
 * A mutable cell that holds a tensor: parameters, running statistics, optimizer slots, random-number counters. A Variable survives
 * scopes; its memory is freed when it is no longer referenced.
 */
export class Variable<D extends DType = DType> implements Cell {
  name: string;
  readonly trainable: boolean;
  readonly follows: boolean;
  private held: Tensor<D>;
  private changes = 0;
  private readonly token: unknown;

  /** @param initial the first value; the variable keeps its own hold on the memory. */
  constructor(initial: Tensor<D>, { name = 'variable', trainable = true, follows = false }: VariableOptions = {}) {
    this.name = name;
    this.trainable = trainable;
    this.follows = follows;
    this.held = own(initial);
    this.token = backend().watch(this.held.handle, this.bytes);
  }

  get dtype(): D {
    return this.held.dtype;
  }

  get shape(): Shape {
    return this.held.shape;
  }

  /** Where the value is. */
  get device(): Device {
    return this.held.device;
  }

  /** Number of elements. */
  get size(): number {
    return this.held.size;
  }

  /** "Variable(kernel float32 [2, 3])". */
  toString(): string {
    const where = this.device === 'cpu' ? '' : ` on ${this.device}`;
    return `Variable(${this.name} ${this.dtype} [${this.shape.join(', ')}]${where}${this.trainable ? '' : ', not trainable'})`;
  }

  /** What `console.log` shows: the same, and the values where it is not part of an object. */
  [INSPECT](depth = 2): string {
    const values = depth < 2 ? undefined : printValues(this.held);
    return `${this}${values === undefined ? '' : this.shape.length > 1 ? `\n${values}` : ` ${values}`}`;
  }

  /** The present value, as a tensor of the current scope; it stays what it is when the variable is assigned. */
  get value(): Tensor<D> {
    return currentReader().read(this) as Tensor<D>;
  }

  /**
   * Puts another value in.
   * @throws HebbError `shape`, `dtype` or `device` when it is not like the present one.
   */
  assign(value: Tensor<D>): void {
    if (value?.dtype !== this.dtype || !sameShape(value.shape, this.shape)) {
      throw new HebbError(
        value?.dtype === this.dtype ? 'shape' : 'dtype',
        `assign: the variable "${this.name}" holds ${show(this.held)}, received ${show(value)}.`,
      );
    }
    if (value.device !== this.device) {
      throw new HebbError(
        'device',
        `assign: the variable "${this.name}" is on ${this.device}, received a value on ${value.device}; move it, as in value.to('${this.device}').`,
      );
    }
    currentReader().assign(this, value);
  }

  /**
   * Moves the value to another device, at once and in place; what was read from the variable before stays where it is.
   * @throws HebbError `argument` when that is no device, `unsupported` when it is not available.
   */
  to(device: Device): this {
    if (this.device === device) return this;
    checkDevice(device, 'to');
    withReader(evaluator, () => scope(() => this.replace(to(this.peek(), device))));
    moves++;
    return this;
  }

  /** The value for a computation on a device: a variable that follows moves there. */
  valueOn(device: Device): Tensor<D> {
    if (this.follows) this.to(device);
    return this.value;
  }

  /** @internal Puts a value in without telling tapes or tracers. */
  store(value: Tensor<D>): void {
    this.replace(value);
  }

  private replace(value: Tensor<D>): void {
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
  return makeOwned(tensor.dtype, tensor.shape, handle, tensor.device);
}
