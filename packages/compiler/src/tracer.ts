import {
  type Cell,
  type DataOf,
  type Device,
  type DType,
  deviceOf,
  HebbError,
  type HostEffect,
  type ItemOf,
  type Op,
  type Reader,
  type Shape,
  show,
  Tensor,
  Variable,
  withReader,
} from '@hebb/tensor';
import type { Graph, Node, Value } from './graph.js';
import { callSite } from './where.js';

/** A tensor of a trace: it has a dtype and a shape, and no values yet. */
export class TracedTensor<D extends DType = DType> extends Tensor<D> {
  readonly value: Value;
  readonly trace: Tracer;

  constructor(trace: Tracer, value: Value) {
    super(value.dtype as D, value.shape, 0, trace.device);
    this.value = value;
    this.trace = trace;
  }

  // At once, and not as a promise that nobody awaits.
  override data(): Promise<DataOf<D>> {
    throw this.unread();
  }

  override item(): Promise<ItemOf<D>> {
    throw this.unread();
  }

  override dataSync(): DataOf<D> {
    throw this.unread();
  }

  override toString(): string {
    return `Tensor(${show(this)}, of a step that is being compiled)`;
  }

  private unread(): HebbError {
    return new HebbError(
      'state',
      `A value was read while a step was compiled (${callSite()}): ${show(this)} is not computed yet. Return it from the step and read ` +
        'it outside; for a choice that depends on it use where(condition, a, b).',
    );
  }
}

/** The reader at the bottom of a trace: adds a node for every op and computes nothing. */
export class Tracer implements Reader {
  readonly effects: HostEffect[] = [];
  readonly states: { read: () => unknown; value: unknown }[] = [];
  private readonly parameters: Value[] = [];
  private readonly variables = new Map<Value, Cell>();
  private readonly constants = new Map<Value, Cell>();
  private readonly constantOf = new Map<Tensor, Value>();
  private readonly nodes: Node[] = [];
  /** What each variable holds at this point of the trace. */
  private readonly present = new Map<Cell, Value>();
  private readonly writes = new Map<Cell, Value>();
  private ids = 0;
  private open = true;
  private place: Device | undefined;

  /** Where the step runs: the device of the first tensor that it met. */
  get device(): Device {
    return this.place ?? 'cpu';
  }

  /** A tensor for an argument. */
  parameter(dtype: DType, shape: Shape, device: Device): Tensor {
    this.meet(device, 'an argument');
    const value = this.value(dtype, shape);
    this.parameters.push(value);
    return new TracedTensor(this, value);
  }

  apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    const { compose } = op;
    if (compose) return withReader(this, () => compose(inputs, attributes));
    const device = deviceOf(op, inputs, attributes);
    const values = inputs.map((input) => this.valueOf(input, op.name));
    this.meet(device, op.name);
    const outputs = op.infer(inputs, attributes).map(({ dtype, shape }) => this.value(dtype, shape));
    this.nodes.push({ op: op as Op<never>, inputs: values, outputs, attributes, where: callSite() });
    return outputs.map((value) => new TracedTensor(this, value));
  }

  read(cell: Cell): Tensor {
    let value = this.present.get(cell);
    if (!value) {
      const { dtype, shape, device } = cell.peek();
      this.meet(device, `the variable "${(cell as Partial<Variable>).name}"`);
      value = this.value(dtype, shape);
      this.variables.set(value, cell);
      this.present.set(cell, value);
    }
    return new TracedTensor(this, value);
  }

  assign(cell: Cell, tensor: Tensor): void {
    // Read before, so that the program knows the variable's memory.
    if (!this.present.has(cell)) this.read(cell);
    const value = this.valueOf(tensor, 'assign');
    this.present.set(cell, value);
    this.writes.set(cell, value);
  }

  onRun(effect: HostEffect): void {
    this.effects.push(effect);
  }

  dependsOn(state: () => unknown): void {
    this.states.push({ read: state, value: state() });
  }

  /** The graph of everything that was traced, with these results. */
  finish(results: readonly Tensor[]): Graph {
    const values = results.map((tensor) => this.valueOf(tensor, 'return'));
    this.open = false;
    const { device, parameters, variables, constants, nodes, writes } = this;
    return { device, parameters, variables, constants, nodes, results: values, writes };
  }

  /** A step is for one device. */
  private meet(device: Device, what: string): void {
    this.place ??= device;
    if (device === this.place) return;
    throw new HebbError(
      'device',
      `compile: a step runs on one device, and ${what} is on ${device} where those before are on ${this.place} (${callSite()}); ` +
        'move tensors with x.to(device), variables and layers with to(device), and give creation functions { device: x.device }.',
    );
  }

  private value(dtype: DType, shape: Shape): Value {
    return { id: this.ids++, dtype, shape };
  }

  private valueOf(tensor: Tensor, what: string): Value {
    if (tensor instanceof TracedTensor) {
      if (tensor.trace === this && this.open) return tensor.value;
      throw new HebbError(
        'state',
        `${what}: a tensor of another trace was used (${callSite()}); it was kept from a step that is compiled already. Return it from there.`,
      );
    }
    const known = this.constantOf.get(tensor);
    if (known) return known;
    tensor.liveHandle(what);
    this.meet(tensor.device, what);
    const value = this.value(tensor.dtype, tensor.shape);
    this.constants.set(value, new Variable(tensor, { name: 'constant', trainable: false }));
    this.constantOf.set(tensor, value);
    return value;
  }
}
