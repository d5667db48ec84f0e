import type { Tensor } from '../tensor.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import type { Shape } from './shape.js';
import type { TensorCore } from './tensor-core.js';

/** dtype and shape: all that shape rules need to know of a tensor. */
export interface Spec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** How a kernel wants to see an op's operands, where that differs from the tensors' own shapes. */
export interface KernelView {
  readonly inputs?: readonly Shape[];
  readonly outputs?: readonly Shape[];
  readonly attributes?: readonly number[];
}

/** What a gradient rule gets: the op's operands and the gradient of the loss with respect to each output. */
export interface VjpContext<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** Undefined where the loss does not depend on that output. */
  readonly cotangents: readonly (Tensor | undefined)[];
  /** Whether the gradient of an input is wanted: rules skip the others. */
  readonly needs: readonly boolean[];
}

/**
 * An op is data. Evaluator, tape, tracer and saver are readers of this record; none of them names an op.
 *
 * Exactly one of these says what the op computes: a kernel of the same name (the default), `alias`, or `compose`.
 */
export interface Op<A = undefined> {
  readonly name: string;
  /** Shapes and dtypes of the outputs. Throws HebbError for operands that do not fit, naming op, expected and received. */
  infer(inputs: readonly Spec[], attributes: A): readonly Spec[];
  /** The kernel's view of the operands; without it operands go as they are, with no attributes. */
  view?(inputs: readonly Spec[], outputs: readonly Spec[], attributes: A): KernelView;
  /** Where an op without inputs computes; others do where their inputs are. */
  device?(attributes: A): Device;
  /** The output is the first input's memory under another shape. */
  readonly alias?: boolean;
  /**
   * Where the output lies whole and in order in the input: the number of its first element. Undefined where its elements are scattered.
   * Compiled steps then need not move them.
   */
  partOf?(inputs: readonly Spec[], outputs: readonly Spec[], attributes: A): number | undefined;
  /** The other way round: where each input lies whole and in order in the output. */
  partsIn?(inputs: readonly Spec[], outputs: readonly Spec[], attributes: A): readonly number[] | undefined;
  /** Whether compiled steps leave what is computed from its output apart from what is computed from its input, though it be the same. */
  readonly apart?: boolean;
  /** Computes the outputs with public ops, for ops that live in TypeScript (`customGradient`, for one). */
  compose?(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /**
   * The gradient rule: gradients with respect to the inputs, undefined for those that have none.
   * An op without `vjp` and without `decompose` is a constant to gradients.
   */
  vjp?(context: VjpContext<A>): readonly (Tensor | undefined)[];
  /** The same value from differentiable ops: how a fused gradient kernel is differentiated again. */
  decompose?(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /** [output, input] pairs where the kernel may write the output exactly over an input of its shape and dtype. */
  readonly inPlace?: readonly (readonly [output: number, input: number])[];
  /**
   * Whether the gradient rule takes cotangents wider than the outputs: float32 for bfloat16 or float16, as rules may return them where
   * sums are made in float32 anyway. Other rules get them rounded to the output's dtype.
   */
  readonly wideCotangents?: boolean;
  /** Whether values, and not only shapes, can make the kernel refuse: an index outside of its range, say. */
  readonly checksValues?: boolean;
  /** @internal The backend's number for the kernel, found on first use. */
  kernel?: number;
}

/** A variable as readers see it. */
export interface Cell {
  readonly trainable: boolean;
  /** Where the value is. */
  readonly device: Device;
  /** Whether it moves to the device of whatever reads it, as learning rates and random states do. */
  readonly follows: boolean;
  /** Moves the value, without telling any reader. */
  to(device: Device): unknown;
  /** The value without telling any reader. */
  peek(): Tensor;
  /** Puts a value in without telling any reader. */
  store(value: Tensor): void;
  /** Counts changes of the value, so that what was computed from it can be kept. */
  readonly version: number;
  /** Says that the value's memory is written in place. */
  touch(): void;
}

/** Does something before a run; returns how to take it back if the run fails. */
export type HostEffect = () => () => void;

/**
 * Someone who applies ops: the evaluator computes, a tape remembers, a tracer adds nodes. Readers stack: each works through
 * the one below.
 */
export interface Reader {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /** The tensor that stands for a variable's present value. */
  read(cell: Cell): Tensor;
  /** Gives a variable its next value. */
  assign(cell: Cell, value: Tensor): void;
  /** Something of the host that every run of the present computation needs, such as counting a step. */
  onRun(effect: HostEffect): void;
  /** Something of the host that the present computation depends on, such as a training flag. */
  dependsOn(state: () => unknown): void;
}

let current: Reader | undefined;

/** The reader on top of the stack. */
export function currentReader(): Reader {
  return current as Reader;
}

/** Sets the reader at the bottom of the stack, once, when the evaluator is loaded. */
export function setBaseReader(reader: Reader): void {
  current ??= reader;
}

/** Runs `fn` with another reader on top. */
export function withReader<T>(reader: Reader, fn: () => T): T {
  const previous = current;
  current = reader;
  try {
    return fn();
  } finally {
    current = previous;
  }
}

/** Applies an op that has several outputs. */
export function applyAll<A>(op: Op<A>, inputs: readonly TensorCore[], attributes: A): readonly Tensor[] {
  return (current as Reader).apply(op, inputs as readonly Tensor[], attributes);
}

/** Applies an op that has one output. */
export function apply<A, D extends DType = DType>(op: Op<A>, inputs: readonly TensorCore[], attributes: A): Tensor<D> {
  return (current as Reader).apply(op, inputs as readonly Tensor[], attributes)[0] as Tensor<D>;
}
