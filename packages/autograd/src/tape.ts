import { type Cell, isFloat, type Op, PassThrough, type Reader, scope, type Tensor, withReader } from '@hebb/tensor';
import { Flow } from './flow.js';

interface Node {
  readonly op: Op<unknown>;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly needs: readonly boolean[];
}

/** Temporaries of a gradient rule are freed at once from this many elements on: a scope costs about a microsecond. */
const SCOPED_ELEMENTS = 1 << 14;

/**
 * Reverse-mode differentiation. As a reader it applies ops through the reader below and remembers those that the sources reach;
 * `gradients` then walks them backwards, applying each record's rule through the reader below again, so that tapes stack.
 */
export class Tape extends PassThrough {
  private readonly nodes: Node[] = [];
  /** Sources and everything computed from them. */
  private readonly tracked = new Set<Tensor>();
  private readonly sources: Tensor[] = [];
  /** The tensors first read from variables, and what these held then; undefined once they were assigned. */
  private readonly cells = new Map<Cell, { held: Tensor | undefined; tensor: Tensor }>();
  private readonly follows: (cell: Cell) => boolean;

  /** @param follows which variables are sources when they are read */
  constructor(below: Reader, follows: (cell: Cell) => boolean) {
    super(below);
    this.follows = follows;
  }

  /** Makes a tensor a source. */
  watch(tensor: Tensor): void {
    if (!isFloat(tensor.dtype) || this.tracked.has(tensor)) return;
    this.tracked.add(tensor);
    this.sources.push(tensor);
    tensor.holds++;
  }

  /** The tensor first read from a variable, if it was read. */
  firstRead(cell: Cell): Tensor | undefined {
    return this.cells.get(cell)?.tensor;
  }

  /** The variables that were read and followed. */
  followed(): Cell[] {
    return [...this.cells].filter(([, { tensor }]) => this.tracked.has(tensor)).map(([cell]) => cell);
  }

  /** Lets a tensor stand for a variable's present value. */
  present(cell: Cell, tensor: Tensor): void {
    this.cells.set(cell, { held: cell.peek(), tensor });
  }

  override read(cell: Cell): Tensor {
    const known = this.cells.get(cell);
    const held = cell.peek();
    if (known?.held === held) return known.tensor;
    const tensor = this.below.read(cell);
    // After an assignment the new value is a constant: gradients are with respect to the first.
    if (known) return tensor;
    this.cells.set(cell, { held, tensor });
    if (this.follows(cell)) this.watch(tensor);
    else this.hold(tensor);
    return tensor;
  }

  override assign(cell: Cell, value: Tensor): void {
    super.assign(cell, value);
    const known = this.cells.get(cell);
    if (known) known.held = undefined;
  }

  override apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    const needs = this.needs(inputs);
    if (needs && op.decompose && !op.vjp) {
      const decompose = op.decompose;
      return withReader(this, () => decompose(inputs, attributes));
    }
    const outputs = this.below.apply(op, inputs, attributes);
    if (needs && op.vjp) this.record({ op: op as Op<unknown>, inputs, outputs, attributes, needs });
    return outputs;
  }

  /**
   * The gradients of Σ seed·target with respect to `sources`; undefined where none flows. The tape is used up: what it saved is
   * freed as the walk passes, except `spared`.
   */
  gradients(
    targets: readonly Tensor[],
    seeds: readonly (Tensor | undefined)[],
    sources: readonly Tensor[],
    spared: readonly Tensor[],
  ): (Tensor | undefined)[] {
    const wanted = new Set(sources);
    const flow = new Flow(new Set([...spared, ...targets, ...sources, ...this.sources]));
    try {
      targets.forEach((target, i) => {
        const seed = seeds[i];
        if (seed && this.tracked.has(target)) flow.add(target, seed);
      });
      // A node stays on the tape until its rule has run: should the rule throw, close() lets go of it.
      for (let node = this.nodes.at(-1); node; node = this.nodes.at(-1)) {
        this.passBack(node, flow, wanted);
        this.nodes.pop();
        release(node, flow);
      }
      return withReader(this.below, () => sources.map((source) => flow.get(source)?.cast(source.dtype)));
    } finally {
      flow.close();
    }
  }

  /** Lets go of everything that is still held. Always called. */
  close(): void {
    for (const { inputs, outputs } of this.nodes) {
      for (const tensor of inputs) tensor.holds--;
      for (const tensor of outputs) tensor.holds--;
    }
    for (const tensor of this.sources) tensor.holds--;
    this.nodes.length = 0;
    this.sources.length = 0;
  }

  private hold(tensor: Tensor): void {
    this.sources.push(tensor);
    tensor.holds++;
  }

  private needs(inputs: readonly Tensor[]): boolean[] | undefined {
    let found: boolean[] | undefined;
    for (let i = 0; i < inputs.length; i++) {
      if (!this.tracked.has(inputs[i])) continue;
      found ??= new Array<boolean>(inputs.length).fill(false);
      found[i] = true;
    }
    return found;
  }

  private record(node: Node): void {
    this.nodes.push(node);
    for (const tensor of node.inputs) tensor.holds++;
    for (const tensor of node.outputs) {
      tensor.holds++;
      if (isFloat(tensor.dtype)) this.tracked.add(tensor);
    }
  }

  private passBack({ op, inputs, outputs, attributes, needs }: Node, flow: Flow, wanted: ReadonlySet<Tensor>): void {
    const flowing = outputs.map((output) => flow.get(output));
    const reached = flowing.find((cotangent) => cotangent !== undefined);
    if (!reached) return;
    const rule = () => {
      const cotangents = op.wideCotangents ? flowing : flowing.map((cotangent, i) => cotangent?.cast(outputs[i].dtype));
      return (op.vjp as NonNullable<Op<unknown>['vjp']>)({ inputs, outputs, attributes, cotangents, needs });
    };
    withReader(this.below, () => {
      const found = reached.size >= SCOPED_ELEMENTS ? scope(rule) : rule();
      for (let i = 0; i < inputs.length; i++) {
        const gradient = found[i];
        if (needs[i] && gradient) flow.add(inputs[i], gradient);
      }
    });
    for (const output of outputs) if (!wanted.has(output)) flow.drop(output);
  }
}

function release({ inputs, outputs }: Node, flow: Flow): void {
  for (const tensor of inputs) tensor.holds--;
  for (const tensor of outputs) tensor.holds--;
  for (const tensor of outputs) flow.free(tensor);
  for (const tensor of inputs) flow.free(tensor);
}
